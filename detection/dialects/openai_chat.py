"""OpenAI chat completions: ``POST /v1/chat/completions``.

Source: `openai.types.chat` of the official Python package; streamed frames are
``chat.completion.chunk`` objects, ended by ``[DONE]``.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..framing import sse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_calls import read_calls
from .openai_chat_stream import ChatStream
from .openai_common import (
    MOST_CHOICES,
    NO_USAGE,
    asked,
    choices_answer,
    error,
    read_object,
    usage_frame,
    with_addressed,
)
from .openai_parts import read_all_thoughts, read_content

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
"""Whose words a message holds, by the name of its role."""
_MESSAGE = frozenset(("role", "content", "name", "refusal", "tool_calls", "function_call", "audio"))
_PLAIN_ANSWER = frozenset(("role", "content", "refusal", "annotations"))
_EXPECTED = {"content": str | list | None, "name": str | None, "tool_calls": list | None}
"""Types of a message's members; anything else has no meaning and is refused."""
_REASONING = frozenset(("reasoning", "reasoning_content"))
_REASONING_BLOCKS = frozenset(("reasoning_details", "thinking_blocks"))
_MORE = _REASONING | _REASONING_BLOCKS | {"images"}
"""Members of a message that some hosts add to those of OpenAI."""
_AUDIO = frozenset(("data",))
_READ = frozenset(("model", "messages", "tools", "functions"))
"""Members of a request that are read before the rest."""
_RARE = frozenset(("documents", "seed", "random_seed", "return_token_ids"))
"""Members of a request that are not read like the rest."""


_SHAPED = frozenset(("tool_choice", "response_format", "function_call"))
"""Members of a request that may insist on an object."""


@dataclass(slots=True, unsafe_hash=True)
class ObjectAsked(Asked):
    """A request whose caller insists on an object: a call that must be made, or JSON."""


class OpenAIChat:
    """The chat dialect."""

    name = "openai_chat"
    turns = "messages"
    _asked = staticmethod(asked)

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = self._asked(with_addressed(tree, addressed))
        if not _SHAPED.isdisjoint(tree) and _insists(tree):
            wanted = ObjectAsked(wanted.model, wanted.stream, wanted.choices, wanted.usage)
        messages = tree.get("messages")
        if not isinstance(messages, list) or not messages:
            raise BadInput("messages must be a non-empty list.", code="invalid_type", param="messages")
        collector = Collector(Direction.PROMPT)
        for name in ("tools", "functions"):
            if name in tree:
                if not isinstance(tree[name], list | None):
                    raise BadInput(f"{name} must be a list.", code="invalid_type", param=name)
                collector.walk(tree[name], f"/{name}", Role.SYSTEM, Kind.TOOL_DEFINITION)
        for index, message in enumerate(messages):
            read_message(collector, message, f"/messages/{index}")
        known = _READ if _RARE.isdisjoint(tree) else _READ | _read_rare(collector, tree)
        collector.members(tree, "", Role.SYSTEM, skip=known)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer; token lists are nulled when their choice's text changes."""
        return choices_answer(body, "message", _read_answer_message)

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would: safe text, ``finish_reason: content_filter``.

        Who insists on an object is told so as OpenAI tells it: the text stands in `refusal`. In the content
        it would be read as an object that came out wrong, and asked for again.
        """
        head = {
            "id": _identity(original),
            "created": int(time.time()),
            "model": asked.model,
        }
        count = _count(original) or asked.choices
        if asked.stream and original is None:
            return Refusal(200, _streamed(head, asked, text), "text/event-stream; charset=utf-8", retry=False)
        choice = {"logprobs": None, "finish_reason": "content_filter"}
        message = {"role": "assistant", **_said(asked, text)}
        body = {
            **head,
            "object": "chat.completion",
            "choices": [{"index": index, "message": message, **choice} for index in range(count)],
            "usage": _usage(original),
        }
        return Refusal(200, dump(body), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return OpenAI's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> ChatStream:
        """Return the shape of streamed chunks."""
        return ChatStream()


def _read_rare(collector: Collector, tree: dict[str, Any]) -> set[str]:
    """Read members that stand for more than their texts; return the names of those that are read."""
    read: set[str] = set()
    for name in tree.keys() & _RARE:
        if name == "documents":
            collector.walk(tree[name], "/documents", Role.RETRIEVED, Kind.TEXT)
            read.add(name)
        elif name == "return_token_ids" and tree[name]:
            collector.skip("/return_token_ids", "token ids")
        elif isinstance(tree[name], int):  # a seed: a number like any other, and nobody's
            read.add(name)
    return read


def read_message(collector: Collector, message: Any, pointer: str) -> None:
    """Collect from one message of a request. Raises `BadInput`."""
    if not isinstance(message, dict):
        raise BadInput("Each message must be an object.", code="invalid_type", param=_dotted(pointer))
    name = message.get("role")
    role = ROLES.get(name) if isinstance(name, str) else None
    if role is None:
        raise BadInput("Unknown role.", code="invalid_value", param=f"{_dotted(pointer)}.role")
    content = message.get("content")
    if len(message) == 2 and isinstance(content, str):  # a role and a text: most messages
        collector.text(content, f"{pointer}/content", role)
        return
    for key, kinds in _EXPECTED.items():
        if not isinstance(message.get(key), kinds):
            raise BadInput(
                f"{key} has the wrong type.", code="invalid_type", param=f"{_dotted(pointer)}.{key}"
            )
    if message.get("name"):
        collector.text(message["name"], f"{pointer}/name", role, Kind.NAME)
    read_content(collector, content, f"{pointer}/content", role)
    read_calls(collector, message, pointer, role)
    _read_rest(collector, message, pointer, role)


def _dotted(pointer: str) -> str:
    return pointer[1:].replace("/", ".")


def is_plain_message(message: Mapping[str, Any]) -> bool:
    """Say whether the message of an answer is a text and nothing else, as most are."""
    return (
        type(message.get("content")) is str
        and message.get("role") == "assistant"
        and message.keys() <= _PLAIN_ANSWER
        and not (message.get("refusal") or message.get("annotations"))
    )


def _read_answer_message(collector: Collector, message: Any, pointer: str) -> None:
    """Collect from the message of an answer's choice."""
    if not isinstance(message, dict):
        collector.walk(message, pointer, Role.ASSISTANT)
        return
    role, content = message.get("role"), message.get("content")
    if is_plain_message(message):
        collector.text(message["content"], f"{pointer}/content", Role.ASSISTANT)
        return
    if role is not None and not (isinstance(role, str) and role in ROLES):
        collector.walk(role, f"{pointer}/role", Role.ASSISTANT)
    if "name" in message:
        collector.walk(message["name"], f"{pointer}/name", Role.ASSISTANT, Kind.NAME)
    read_content(collector, content, f"{pointer}/content", Role.ASSISTANT)
    read_calls(collector, message, pointer, Role.ASSISTANT)
    _read_rest(collector, message, pointer, Role.ASSISTANT)


def _read_rest(collector: Collector, message: dict[str, Any], pointer: str, role: Role) -> None:
    if message.get("refusal") is not None:
        collector.walk(message["refusal"], f"{pointer}/refusal", role, Kind.REFUSAL)
    audio = message.get("audio")
    if isinstance(audio, dict):
        if "data" in audio:
            collector.skip(f"{pointer}/audio/data", "audio")
        collector.members(audio, f"{pointer}/audio", role, skip=_AUDIO)
    elif audio is not None:
        collector.walk(audio, f"{pointer}/audio", role)
    if message.keys() <= _MESSAGE:
        return
    known = _MESSAGE
    if more := message.keys() & _MORE:
        known = _MESSAGE | more
        for name in sorted(more):
            _read_more(collector, message[name], name, pointer, role)
    collector.members(message, pointer, role, skip=known)


def _read_more(collector: Collector, value: Any, name: str, pointer: str, role: Role) -> None:
    where = f"{pointer}/{name}"
    if name in _REASONING_BLOCKS:
        read_all_thoughts(collector, value, where, role)
    elif name in _REASONING:
        collector.walk(value, where, role, Kind.REASONING)
    else:
        read_content(collector, value, where, role)


def _identity(original: Any) -> str:
    given = original.get("id") if isinstance(original, dict) else None
    return given if isinstance(given, str) and len(given) <= 128 else f"chatcmpl-{uuid.uuid4().hex}"


def _count(original: Any) -> int:
    given = original.get("choices") if isinstance(original, dict) else None
    return min(len(given), MOST_CHOICES) if isinstance(given, list) else 0


def _usage(original: Any) -> Any:
    given = original.get("usage") if isinstance(original, dict) else None
    given = given if isinstance(given, dict) else {}
    counts = {key: count for key, count in given.items() if key in NO_USAGE and type(count) is int}
    return counts or NO_USAGE


def _insists(tree: Mapping[str, Any]) -> bool:
    """Whether a request leaves the model no other way than to give an object."""
    form = tree.get("response_format")
    if isinstance(form, dict) and form.get("type") in ("json_object", "json_schema"):
        return True
    chosen = tree.get("tool_choice") or tree.get("function_call")
    if isinstance(chosen, dict):
        return chosen.get("type") != "allowed_tools"
    return chosen in ("required", "any")


def _said(asked: Asked, text: str) -> dict[str, Any]:
    """The words of a refusal, in the member where this caller looks for them."""
    if isinstance(asked, ObjectAsked):
        return {"content": None, "refusal": text}
    return {"content": text, "refusal": None}


def _streamed(head: dict[str, Any], asked: Asked, text: str) -> bytes:
    head = {**head, "object": "chat.completion.chunk"}
    frames: list[Any] = []
    for delta, reason in (({"role": "assistant", **_said(asked, text)}, None), ({}, "content_filter")):
        choices = [
            {"index": index, "delta": delta, "finish_reason": reason} for index in range(asked.choices)
        ]
        frames.append({**head, "choices": choices})
    frames += usage_frame(head) if asked.usage else []
    return b"".join(sse.write(dump(frame)) for frame in frames) + sse.write(b"[DONE]")
