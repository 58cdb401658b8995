"""Ollama chat: ``POST /api/chat``. Streams unless told otherwise, a line a frame.

Source: `ollama.ChatRequest` and `ChatResponse` of the official Python package.
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
from .ollama_common import CONTROL, NDJSON, asked, ended, error, head, read_calls, read_images, read_object
from .ollama_stream import OllamaStream
from .openai_common import generic_answer

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
}
_MESSAGE = frozenset(("role", "content", "thinking", "images", "tool_calls", "tool_name"))
_REQUEST = frozenset(("model", "messages", "tools"))


class OllamaChat:
    """The chat dialect."""

    name = "ollama_chat"
    turns = "messages"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; one without messages loads a model. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree)
        messages = tree.get("messages")
        if not isinstance(messages, list | None):
            raise BadInput("messages must be a list.", code="invalid_type", param="messages")
        if not isinstance(tree.get("tools"), list | None):
            raise BadInput("tools must be a list.", code="invalid_type", param="tools")
        collector = Collector(Direction.PROMPT)
        collector.walk(tree.get("tools"), "/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
        for index, message in enumerate(messages or ()):
            if not isinstance(message, dict):
                raise BadInput(
                    "Each message must be an object.", code="invalid_type", param=f"messages.{index}"
                )
            name = message.get("role")
            role = _ROLES.get(name.lower()) if isinstance(name, str) else None
            # Templates may know roles of their own: nobody knows how far such words are trusted.
            read_message(collector, message, f"/messages/{index}", role or Role.USER, known=role is not None)
        read_options(collector, tree, _REQUEST)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer; its token list is nulled when its text changes."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        message = tree.get("message") if isinstance(tree, dict) else None
        if not isinstance(message, dict):
            return generic_answer(body, parsed), {}
        known = isinstance(message.get("role"), str) and message["role"] in _ROLES
        read_message(collector, message, "/message", Role.ASSISTANT, known=known)
        collector.members(tree, "", Role.ASSISTANT, skip=CONTROL | {"message", "logprobs"})
        repeats = {"/logprobs": "/message"} if tree.get("logprobs") is not None else {}
        return collector.document(body, parsed), repeats

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would: there is no other way but an error."""
        said = {"role": "assistant", "content": text}
        if asked.stream and original is None:
            first = {**head(asked.model), "message": said, "done": False}
            last = {**ended(asked.model), "message": {"role": "assistant", "content": ""}}
            return Refusal(200, dump(first) + b"\n" + dump(last) + b"\n", NDJSON, retry=False)
        return Refusal(200, dump({**ended(asked.model), "message": said}), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Ollama's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> OllamaStream:
        """Return the shape of streamed lines."""
        return OllamaStream("message")


def read_message(
    collector: Collector, message: dict[str, Any], pointer: str, role: Role, *, known: bool
) -> None:
    """Collect from a message; `known` says that its role's name is nobody's word."""
    content = message.get("content")
    if known and len(message) == 2 and isinstance(content, str):  # a role and a text: most messages
        collector.text(content, f"{pointer}/content", role)
        return
    collector.walk(content, f"{pointer}/content", role, Kind.TEXT)
    collector.walk(message.get("thinking"), f"{pointer}/thinking", role, Kind.REASONING)
    if message.get("images") is not None:
        read_images(collector, message["images"], f"{pointer}/images", role)
    if message.get("tool_calls") is not None:
        read_calls(collector, message["tool_calls"], f"{pointer}/tool_calls", role)
    collector.walk(message.get("tool_name"), f"{pointer}/tool_name", role, Kind.NAME)
    if not known:
        collector.walk(message.get("role"), f"{pointer}/role", role, Kind.NAME)
    collector.members(message, pointer, role, skip=_MESSAGE)


def read_options(collector: Collector, tree: dict[str, Any], read: frozenset[str]) -> None:
    """Collect from the members of a request that nobody has read."""
    options = tree.get("options")
    if isinstance(options, dict) and isinstance(options.get("seed"), int):
        # a number like any other, and nobody's
        collector.members(options, "/options", Role.SYSTEM, skip=frozenset(("seed",)))
        read = read | {"options"}
    collector.members(tree, "", Role.SYSTEM, skip=read)
