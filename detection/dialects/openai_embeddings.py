"""OpenAI embeddings: ``POST /v1/embeddings``. Never streamed; the answer is numbers.

Source: `openai.types.create_embedding_response` of the official Python package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..json_read import parse
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_common import ANSWER_CONTROL, asked, error, generic_answer, read_object, with_addressed
from .openai_completions import read_inputs


class OpenAIEmbeddings:
    """The embeddings dialect."""

    name = "openai_embeddings"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; inputs given as token ids cannot be read. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked({**with_addressed(tree, addressed), "stream": None, "n": None})
        collector = Collector(Direction.PROMPT)
        read_inputs(collector, tree.get("input"), "input")
        collector.members(tree, "", Role.SYSTEM, skip=frozenset(("model", "input")))
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: vectors hold no text, anything beside them is taken."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        data = tree.get("data") if isinstance(tree, dict) else None
        if not isinstance(data, list):
            return generic_answer(body, parsed), {}
        for index, item in enumerate(data):
            if isinstance(item, dict):
                collector.members(
                    item, f"/data/{index}", Role.ASSISTANT, skip=frozenset(("object", "index", "embedding"))
                )
            else:
                collector.walk(item, f"/data/{index}", Role.ASSISTANT)
        collector.members(tree, "", Role.ASSISTANT, skip=ANSWER_CONTROL | {"data"})
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. A vector cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return OpenAI's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> None:
        """Embeddings do not stream."""
        return
