"""Cohere chat, version 2: ``POST /v2/chat``.

Source: `V2ChatRequest`'s members, `ChatMessageV2` and `V2ChatResponse` of the official ``cohere`` package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .cohere_chat_stream import FRAMING, CohereChatStream
from .cohere_common import asked_plainly, error, identity
from .collect import Collector
from .openai_calls import read_calls
from .openai_common import generic_answer, read_object
from .openai_parts import read_content, read_part

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
}
_READ = frozenset(("model", "messages", "tools", "documents"))
_READ_AND_SEED = _READ | {"seed"}
_MESSAGE = frozenset(("role", "content", "tool_plan", "tool_calls"))
_ANSWER = frozenset(("id", "finish_reason", "message", "usage", "logprobs"))
_SPENT = {"tokens": {"input_tokens": 0, "output_tokens": 0}}


class CohereChat:
    """The chat dialect of version 2."""

    name = "cohere_chat"
    turns = "messages"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked_plainly(tree)
        messages = tree.get("messages")
        if not isinstance(messages, list) or not messages:
            raise BadInput("messages must be a non-empty list.", code="invalid_type", param="messages")
        collector = Collector(Direction.PROMPT)
        if "tools" in tree:
            collector.walk(tree["tools"], "/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
        for index, message in enumerate(messages):
            _read_message(collector, message, f"/messages/{index}")
        if "documents" in tree:
            collector.walk(tree["documents"], "/documents", Role.RETRIEVED, Kind.TEXT)
        seeded = isinstance(tree.get("seed"), int)  # a number like any other, and nobody's
        collector.members(tree, "", Role.SYSTEM, skip=_READ_AND_SEED if seeded else _READ)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer; its token list is nulled when its text changes."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        message = tree.get("message") if isinstance(tree, dict) else None
        if not isinstance(message, dict):
            return generic_answer(body, parsed), {}
        _read_said(collector, message, "/message", Role.ASSISTANT)
        collector.members(tree, "", Role.ASSISTANT, skip=_ANSWER)
        repeats = {"/logprobs": "/message/content"} if tree.get("logprobs") is not None else {}
        return collector.document(body, parsed), repeats

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would: safe text, ``finish_reason: ERROR``."""
        number = identity(original)
        if asked.stream and original is None:
            body = b"".join(FRAMING.write(frame) for frame in _streamed(number, text)) + FRAMING.end
            return Refusal(200, body, "text/event-stream; charset=utf-8", retry=False)
        message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
        answer = {"id": number, "finish_reason": "ERROR", "message": message, "usage": _SPENT}
        return Refusal(200, dump(answer), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Cohere's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> CohereChatStream:
        """Return the shape of streamed events."""
        return CohereChatStream()


def _read_message(collector: Collector, message: Any, pointer: str) -> None:
    where = pointer[1:].replace("/", ".")
    if not isinstance(message, dict):
        raise BadInput("Each message must be an object.", code="invalid_type", param=where)
    name = message.get("role")
    role = _ROLES.get(name) if isinstance(name, str) else None
    if role is None:
        raise BadInput("Unknown role.", code="invalid_value", param=f"{where}.role")
    if not isinstance(message.get("content"), str | list | None):
        raise BadInput("content has the wrong type.", code="invalid_type", param=f"{where}.content")
    _read_said(collector, message, pointer, role)


def _read_said(collector: Collector, message: dict[str, Any], pointer: str, role: Role) -> None:
    """Collect from a message of either direction."""
    content = message.get("content")
    if isinstance(content, list):
        for index, part in enumerate(content):
            _read_part(collector, part, f"{pointer}/content/{index}", role)
    else:
        read_content(collector, content, f"{pointer}/content", role)
    collector.walk(message.get("tool_plan"), f"{pointer}/tool_plan", role, Kind.REASONING)
    read_calls(collector, message, pointer, role)
    collector.members(message, pointer, role, skip=_MESSAGE)


def _read_part(collector: Collector, part: Any, pointer: str, role: Role) -> None:
    """Collect from a content part; documents are what a tool, or a search, found."""
    if isinstance(part, dict) and part.get("type") == "document":
        found = Role.TOOL if role is Role.TOOL else Role.RETRIEVED
        collector.walk(part.get("document"), f"{pointer}/document", found, Kind.TEXT)
        collector.members(part, pointer, role, skip=frozenset(("type", "document")))
    else:
        read_part(collector, part, pointer, role)


def _streamed(number: str, text: str) -> list[Any]:
    said = {"message": {"content": {"type": "text", "text": text}}}
    opened = {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}}
    return [
        {"type": "message-start", "id": number, "delta": opened},
        {"type": "content-start", "index": 0, "delta": said},
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": text, "usage": _SPENT}},
    ]
