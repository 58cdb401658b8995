"""Ollama generate: ``POST /api/generate``. Streams unless told otherwise, a line a frame.

Source: `ollama.GenerateRequest` and `GenerateResponse` of the official Python package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .ollama_chat import read_options
from .ollama_common import CONTROL, NDJSON, asked, ended, error, head, read_calls, read_images, read_object
from .ollama_stream import OllamaStream
from .openai_common import generic_answer

_TEXTS = {"prompt": Role.USER, "suffix": Role.USER, "system": Role.SYSTEM, "template": Role.SYSTEM}
_REQUEST = frozenset((*_TEXTS, "model", "images", "context"))
_SPOKEN = {"response": Kind.TEXT, "thinking": Kind.REASONING}


class OllamaGenerate:
    """The dialect of single prompts."""

    name = "ollama_generate"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; one without a prompt loads a model. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree)
        collector = Collector(Direction.PROMPT)
        for name, role in _TEXTS.items():
            if not isinstance(tree.get(name), str | None):
                raise BadInput(f"{name} must be a string.", code="invalid_type", param=name)
            collector.text(tree.get(name) or "", f"/{name}", role)
        if tree.get("images") is not None:
            read_images(collector, tree["images"], "/images", Role.USER)
        _read_context(collector, tree.get("context"), Role.USER)
        read_options(collector, tree, _REQUEST)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer; token lists, also those of the conversation, are nulled when a text changes."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        if not isinstance(tree, dict) or "response" not in tree:
            return generic_answer(body, parsed), {}
        for name, kind in _SPOKEN.items():
            collector.walk(tree.get(name), f"/{name}", Role.ASSISTANT, kind)
        if tree.get("tool_calls") is not None:
            read_calls(collector, tree["tool_calls"], "/tool_calls", Role.ASSISTANT)
        if isinstance(tree.get("image"), str):
            collector.skip("/image", "image")
        else:
            collector.walk(tree.get("image"), "/image", Role.ASSISTANT)
        _read_context(collector, tree.get("context"), Role.ASSISTANT)
        known = CONTROL | _SPOKEN.keys() | {"tool_calls", "image", "context", "logprobs"}
        collector.members(tree, "", Role.ASSISTANT, skip=known)
        repeats = {f"/{name}": "/" for name in ("context", "logprobs") if tree.get(name) is not None}
        return collector.document(body, parsed), repeats

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would: there is no other way but an error."""
        if asked.stream and original is None:
            first = {**head(asked.model), "response": text, "done": False}
            last = {**ended(asked.model), "response": ""}
            return Refusal(200, dump(first) + b"\n" + dump(last) + b"\n", NDJSON, retry=False)
        return Refusal(200, dump({**ended(asked.model), "response": text}), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Ollama's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> OllamaStream:
        """Return the shape of streamed lines."""
        return OllamaStream("response")


def _read_context(collector: Collector, context: Any, role: Role) -> None:
    """List the tokens of a conversation as unjudged."""
    if isinstance(context, list) and all(type(token) is int for token in context):
        if context:
            collector.skip("/context", "token ids")
    else:
        collector.walk(context, "/context", role)
