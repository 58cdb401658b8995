"""Mistral conversations: begun, gone on with, begun anew from an entry, and read again.

``POST /v1/conversations``, to ``/{id}`` and to ``/{id}/restart``; ``GET`` of them, of ``/{id}/history``
and ``/{id}/messages``. Source: `ConversationRequest`, `InputEntries`, `ConversationResponse` and
`ConversationHistory` of the official ``mistralai`` package. The provider keeps the history: a request
brings what is new.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .mistral_common import asked_of_agent, error
from .mistral_conversations_stream import FRAMING, ConversationsStream
from .openai_common import NO_USAGE, generic_answer, read_object
from .openai_parts import plain_type, read_content

_READ = frozenset(("model", "agent_id", "inputs", "tools"))
_ENTRIES = ("outputs", "entries", "messages")
_ANSWER = frozenset(("conversation_id", "object", "usage"))
_ENTRY = frozenset(("role", "content", "name", "arguments", "result"))
_TYPES = (
    "message.input", "message.output", "function.call", "function.result", "tool.execution", "agent.handoff",
)  # fmt: skip
_ROLES = {"assistant": Role.ASSISTANT, "system": Role.SYSTEM, "user": Role.USER}


class MistralConversations:
    """The dialect of conversations that the provider keeps."""

    name = "mistral_conversations"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request, which may have no body. Raises `BadInput`."""
        kept = (addressed.kept,) if addressed.kept else ()
        if not body:
            return Document(body, None, ()), Asked(continues=kept)
        parsed = read_object(body)
        tree = parsed.tree
        wanted = replace(asked_of_agent(tree, named=False), continues=kept)
        collector = Collector(Direction.PROMPT)
        if "tools" in tree:
            collector.walk(tree["tools"], "/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
        inputs = tree.get("inputs")
        if isinstance(inputs, list):
            for index, entry in enumerate(inputs):
                _read_entry(collector, entry, f"/inputs/{index}", Role.USER)
        elif isinstance(inputs, str):
            collector.text(inputs, "/inputs", Role.USER)
        elif inputs is not None:
            raise BadInput("inputs must be a text or a list.", code="invalid_type", param="inputs")
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer, which may be empty: the entries in it, new ones or those that are kept."""
        if not body:
            return Document(body, None, ()), {}
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        listed = [name for name in _ENTRIES if isinstance(tree, dict) and isinstance(tree.get(name), list)]
        if not listed:
            return generic_answer(body, parsed), {}
        for name in listed:
            for index, entry in enumerate(tree[name]):
                _read_entry(collector, entry, f"/{name}/{index}", Role.ASSISTANT)
        collector.members(tree, "", Role.ASSISTANT, skip=_ANSWER.union(listed))
        return collector.document(body, parsed), {}

    def named(self, tree: Any) -> tuple[str, ...]:
        """Return the name of the conversation that an answer belongs to."""
        name = tree.get("conversation_id") if isinstance(tree, dict) else None
        return (name,) if isinstance(name, str) else ()

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as an agent would: one message that holds safe text."""
        given = original.get("conversation_id") if isinstance(original, dict) else None
        conversation = given if isinstance(given, str) and len(given) <= 128 else _made("conv")
        if asked.stream and original is None:
            frames = _streamed(conversation, text)
            body = b"".join(FRAMING.write(frame) for frame in frames)
            return Refusal(200, body, "text/event-stream; charset=utf-8", retry=False)
        entry = {
            "object": "entry",
            "type": "message.output",
            "id": _made("msg"),
            "created_at": _now(),
            "role": "assistant",
            "content": text,
        }
        answer = {
            "object": "conversation.response",
            "conversation_id": conversation,
            "outputs": [entry],
            "usage": NO_USAGE,
        }
        return Refusal(200, dump(answer), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Mistral's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> ConversationsStream:
        """Return the shape of streamed events."""
        return ConversationsStream()


def _read_entry(collector: Collector, entry: Any, pointer: str, role: Role) -> None:
    """Collect from one entry: a message, a call, a result, a step of the provider's own tools."""
    if not isinstance(entry, dict):
        collector.walk(entry, pointer, role)
        return
    kind = entry.get("type")
    if kind in ("message.output", "function.call", "tool.execution", "agent.handoff"):
        role = Role.ASSISTANT
    elif kind == "function.result":
        role = Role.TOOL
    elif isinstance(entry.get("role"), str):
        role = _ROLES.get(entry["role"], role)
    given = entry.get("name")
    name = given if isinstance(given, str) else ""
    collector.walk(given, f"{pointer}/name", role, Kind.NAME)
    read_content(collector, entry.get("content"), f"{pointer}/content", role)
    for key, what in (("arguments", Kind.ARGUMENTS), ("result", Kind.TEXT)):
        value, where = entry.get(key), f"{pointer}/{key}"
        if isinstance(value, str):
            collector.text(value, where, role, what, name=name, encoded=what is Kind.ARGUMENTS)
        else:
            collector.walk(value, where, role, what)
    said = entry.get("role")
    if said is not None and not (isinstance(said, str) and said in _ROLES):
        collector.walk(said, f"{pointer}/role", role)
    collector.members(entry, pointer, role, skip=_ENTRY.union(plain_type(entry, _TYPES)))


def _streamed(conversation: str, text: str) -> list[Any]:
    message = {"type": "message.output.delta", "id": _made("msg"), "created_at": _now()}
    place = {"output_index": 0, "content_index": 0, "role": "assistant", "content": text}
    return [
        {"type": "conversation.response.started", "created_at": _now(), "conversation_id": conversation},
        {**message, **place},
        {"type": "conversation.response.done", "created_at": _now(), "usage": NO_USAGE},
    ]


def _made(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex}"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
