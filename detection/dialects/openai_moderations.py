"""OpenAI moderations: ``POST /v1/moderations``. Never streamed; the answer is categories and numbers.

Source: `openai.types.moderation_create_params` of the official Python package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_common import asked, generic_answer, read_object
from .openai_embeddings import OpenAIEmbeddings


class OpenAIModerations(OpenAIEmbeddings):
    """The moderations dialect: it says no as embeddings do."""

    name = "openai_moderations"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked({**tree, "stream": None, "n": None})
        collector = Collector(Direction.PROMPT)
        given = tree.get("input")
        for index, item in enumerate(given if isinstance(given, list) else ()):
            _read_item(collector, item, f"/input/{index}")
        if isinstance(given, str):
            collector.text(given, "/input", Role.USER)
        elif not isinstance(given, list):
            raise BadInput("input must be a text or a list.", code="invalid_type", param="input")
        collector.members(tree, "", Role.SYSTEM, skip=frozenset(("model", "input")))
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: whatever strings it holds are judged."""
        return generic_answer(body, parse(body)), {}


def _read_item(collector: Collector, item: Any, pointer: str) -> None:
    """Collect a text, or a part: what holds no text cannot be judged."""
    if isinstance(item, str):
        collector.text(item, pointer, Role.USER)
    elif isinstance(item, dict) and isinstance(item.get("text"), str):
        collector.text(item["text"], f"{pointer}/text", Role.USER)
        collector.members(item, pointer, Role.USER, skip=frozenset(("text", "type")))
    else:
        collector.skip(pointer, "media")
