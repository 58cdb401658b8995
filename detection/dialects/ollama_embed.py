"""Ollama's embeddings: ``POST /api/embed`` and ``/api/embeddings``. Never streamed; the answer is numbers.

Source: `ollama.EmbedRequest` and `EmbeddingsRequest` of the official Python package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .ollama_chat import read_options
from .ollama_common import CONTROL, asked, error, read_object
from .openai_common import generic_answer

_MEMBERS = ("input", "prompt")
_VECTORS = ("embeddings", "embedding")


class OllamaEmbed:
    """The dialect of embeddings, of both generations."""

    name = "ollama_embed"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request: texts in `input`, or one in `prompt`. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree, streams=False)
        collector = Collector(Direction.PROMPT)
        for name in _MEMBERS:
            _read_texts(collector, tree.get(name), name)
        read_options(collector, tree, frozenset(("model", *_MEMBERS)))
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: vectors hold no text, anything beside them is taken."""
        parsed = parse(body)
        tree = parsed.tree
        if not isinstance(tree, dict):
            return generic_answer(body, parsed), {}
        numbers = {name for name in _VECTORS if _only_numbers(tree.get(name))}
        collector = Collector(Direction.ANSWER)
        collector.members(tree, "", Role.ASSISTANT, skip=CONTROL | numbers)
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. A vector cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Ollama's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> None:
        """Embeddings do not stream."""
        return


def _read_texts(collector: Collector, given: Any, name: str) -> None:
    if isinstance(given, str):
        collector.text(given, f"/{name}", Role.USER)
    elif isinstance(given, list) and all(isinstance(item, str) for item in given):
        for index, item in enumerate(given):
            collector.text(item, f"/{name}/{index}", Role.USER)
    elif given is not None:
        raise BadInput(f"{name} must be a text or a list of texts.", code="invalid_type", param=name)


def _only_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(_only_numbers(item) for item in value)
    return type(value) in (float, int)
