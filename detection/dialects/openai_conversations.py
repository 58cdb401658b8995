"""OpenAI's conversations, whose items the provider keeps, and what else it keeps: requests and their answers.

Source: `openai.types.conversations` of the official Python package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_common import error, read_object
from .openai_responses import OpenAIResponses
from .openai_responses_items import Items

_ITEMS = frozenset(("items",))


class OpenAIConversations(OpenAIResponses):
    """The dialect of requests about what the provider keeps: conversations, their items, responses.

    They have no body, or one with items. What is read back was judged when it was made; it is judged again.
    """

    name = "openai_conversations"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request, which may have no body. Raises `BadInput`."""
        kept = (addressed.kept,) if addressed.kept else ()
        wanted = Asked(model=addressed.model, continues=kept)
        if not body:
            return Document(body, None, ()), wanted
        parsed = read_object(body)
        collector = Collector(Direction.PROMPT)
        listed = isinstance(parsed.tree.get("items"), list)
        if listed:
            Items(collector, strict=True).read(parsed.tree["items"], "/items")
        collector.members(parsed.tree, "", Role.USER, skip=_ITEMS if listed else frozenset())
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer, which may be empty."""
        return super().parse_answer(body) if body else (Document(body, None, ()), {})

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no: a response that is read again becomes one that refuses, for all else there is an error."""
        if isinstance(original, dict) and original.get("object") == "response":
            return super().refuse(asked, text, original)
        return error(400, "content_filter", text)
