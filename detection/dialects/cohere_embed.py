"""Cohere embeddings: ``POST /v1/embed`` and ``POST /v2/embed``. Never streamed; the answer is numbers.

Source: `embed` of the official ``cohere`` package, `EmbedByTypeResponse` and `EmbedFloatsResponse`.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .cohere_common import asked_plainly, error
from .collect import Collector
from .openai_common import generic_answer, read_object
from .openai_parts import read_content

_READ = frozenset(("model", "texts", "inputs", "images"))
_VECTORS = frozenset(("id", "embeddings", "meta", "response_type"))


class CohereEmbed:
    """The embeddings dialect of both versions."""

    name = "cohere_embed"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request: texts, or inputs of parts; images cannot be read. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked_plainly(tree, named=False)
        collector = Collector(Direction.PROMPT)
        for name in ("texts", "inputs", "images"):
            if not isinstance(tree.get(name), list | None):
                raise BadInput(f"{name} must be a list.", code="invalid_type", param=name)
        collector.walk(tree.get("texts"), "/texts", Role.USER)
        for index, item in enumerate(tree.get("inputs") or ()):
            _read_input(collector, item, f"/inputs/{index}")
        for index in range(len(tree.get("images") or ())):
            collector.skip(f"/images/{index}", "image")
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: vectors hold no text, what stands beside them is taken."""
        parsed = parse(body)
        if not isinstance(parsed.tree, dict) or "embeddings" not in parsed.tree:
            return generic_answer(body, parsed), {}
        collector = Collector(Direction.ANSWER)
        collector.members(parsed.tree, "", Role.ASSISTANT, skip=_VECTORS)
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. A vector cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Cohere's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> None:
        """Embeddings do not stream."""
        return


def _read_input(collector: Collector, item: Any, pointer: str) -> None:
    if not isinstance(item, dict):
        collector.walk(item, pointer, Role.USER)
        return
    read_content(collector, item.get("content"), f"{pointer}/content", Role.USER)
    collector.members(item, pointer, Role.USER, skip=frozenset(("content",)))
