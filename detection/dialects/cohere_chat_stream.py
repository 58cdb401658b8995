"""Streamed chat of Cohere, version 2: named events, content in numbered blocks.

Source: `V2ChatStreamResponse` of the official ``cohere`` package. What a frame holds says where it
belongs, its type only what ends with it.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.sse import Sse
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import Collector

_NAMES = (
    "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start",
    "tool-call-delta", "tool-call-end", "citation-start", "citation-end", "message-end", "debug",
)  # fmt: skip
FRAMING = Sse(lambda tree: str(tree["type"]), _NAMES, end=b"[DONE]")
"""Events under the name that their member ``type`` has."""

_CONTENT = {"text": Kind.TEXT, "thinking": Kind.REASONING}
_PLAN = "/message/tool_plan"
_FRAME = frozenset(("type", "id", "index", "delta", "logprobs"))
_BARE = frozenset(("type", "index", "delta"))
_DELTA = frozenset(("message", "usage", "finish_reason"))
_MESSAGE = frozenset(("role", "content", "tool_plan", "tool_calls"))
_CALL = frozenset(("id", "type", "function"))
_FUNCTION = frozenset(("name", "arguments"))
_MOST = 1024


class CohereChatStream:
    """Reads and writes events."""

    framing = FRAMING
    repeating = False

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` for one whose place nobody knows."""
        return _Reading().event(tree)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return an event with one piece of text."""
        _, _, member, *place = slot.target.split("/")
        if member == "tool_plan":
            return {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": text}}}
        index = int(place[0])
        if member == "tool_calls":
            call = {"function": {"arguments": text}}
            return {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": call}}}
        content = {place[1]: text}
        return {"type": "content-delta", "index": index, "delta": {"message": {"content": content}}}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Close what is open, then end the message with an error that says why."""
        ends = {_end_of(slot.target): None for slot in opened if slot.target != _PLAN}
        closed = [{"type": kind, "index": index} for kind, index in ends]
        return [*closed, self.fault(text)]

    def fault(self, message: str) -> Any:
        """Return the end of a message that failed."""
        return {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": message}}


class _Reading:
    """One event being read: what was found so far."""

    def __init__(self) -> None:
        self._collector = Collector(Direction.ANSWER)
        self._slots: list[Slot] = []
        self._whole: list[tuple[str, str]] = []
        self._bare = True

    def event(self, tree: Any) -> Frame:
        collector = self._collector
        if not isinstance(tree, dict):
            collector.walk(tree, "", Role.ASSISTANT)
            return collector.frame()
        kind, delta, index = tree.get("type"), tree.get("delta"), _index(tree)
        if isinstance(delta, dict) and isinstance(delta.get("message"), dict):
            self._message(delta["message"], index)
            collector.members(delta, "/delta", Role.ASSISTANT, skip=_DELTA)
        else:
            collector.walk(delta, "/delta", Role.ASSISTANT)
        collector.members(tree, "", Role.ASSISTANT, skip=_FRAME)
        logprobs = {0: "/logprobs"} if tree.get("logprobs") is not None else None
        return collector.frame(
            self._slots,
            bare=self._bare and tree.keys() <= _BARE,
            ended=(0,) if kind == "message-end" else (),
            closed=_closed(kind, index),
            logprobs=logprobs,
            whole=self._whole,
        )

    def _message(self, message: dict[str, Any], index: int) -> None:
        collector, pointer = self._collector, "/delta/message"
        content, plan, calls = message.get("content"), message.get("tool_plan"), message.get("tool_calls")
        self._bare = len(message) == 1
        if isinstance(content, dict):
            self._content(content, index)
        else:
            collector.walk(content, f"{pointer}/content", Role.ASSISTANT)
        if isinstance(plan, str):
            self._slots.append(Slot(0, _PLAN, f"{pointer}/tool_plan", plan, Kind.REASONING))
        else:
            collector.walk(plan, f"{pointer}/tool_plan", Role.ASSISTANT)
        if isinstance(calls, dict):
            self._call(calls, index)
        else:
            collector.walk(calls, f"{pointer}/tool_calls", Role.ASSISTANT)
        collector.members(message, pointer, Role.ASSISTANT, skip=_MESSAGE)

    def _content(self, content: dict[str, Any], index: int) -> None:
        known = {"type"}
        for key, kind in _CONTENT.items():
            text = content.get(key)
            if isinstance(text, str):
                known.add(key)
                target = f"/message/content/{index}/{key}"
                self._slots.append(Slot(0, target, f"/delta/message/content/{key}", text, kind))
        self._bare = self._bare and len(content) == 1
        self._collector.members(
            content, "/delta/message/content", Role.ASSISTANT, Kind.TEXT, skip=frozenset(known)
        )

    def _call(self, call: dict[str, Any], index: int) -> None:
        collector, pointer = self._collector, "/delta/message/tool_calls"
        target = f"/message/tool_calls/{index}"
        self._comes_whole(call.get("id"), f"{target}/id", f"{pointer}/id", Kind.OTHER)
        self._bare = self._bare and call.keys() == {"function"}
        collector.members(call, pointer, Role.ASSISTANT, skip=_CALL)
        function = call.get("function")
        where, place = f"{pointer}/function", f"{target}/function"
        if not isinstance(function, dict):
            collector.walk(function, where, Role.ASSISTANT)
            self._grow(f"{place}/arguments", "", "")
            return
        self._comes_whole(function.get("name"), f"{place}/name", f"{where}/name", Kind.NAME)
        self._bare = self._bare and function.keys() == {"arguments"}
        text = function.get("arguments")
        if isinstance(text, str):
            self._grow(f"{place}/arguments", f"{where}/arguments", text)
        else:
            self._grow(f"{place}/arguments", "", "")
            collector.walk(text, f"{where}/arguments", Role.ASSISTANT, Kind.ARGUMENTS)
        collector.members(function, where, Role.ASSISTANT, skip=_FUNCTION)

    def _grow(self, target: str, pointer: str, text: str) -> None:
        """Take more of a call's arguments."""
        self._slots.append(Slot(0, target, pointer, text, Kind.ARGUMENTS, encoded=True))

    def _comes_whole(self, value: Any, target: str, pointer: str, kind: Kind) -> None:
        if isinstance(value, str):
            self._collector.text(value, pointer, Role.ASSISTANT, kind)
            self._whole.append((target, value))
        else:
            self._collector.walk(value, pointer, Role.ASSISTANT, kind)


def _index(tree: dict[str, Any]) -> int:
    index = tree.get("index", 0)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST:
        raise UpstreamFault("The upstream sent an event with a bad index.", code="upstream_protocol")
    return index


def _closed(kind: Any, index: int) -> tuple[str, ...]:
    if kind == "content-end":
        return tuple(f"/message/content/{index}/{key}" for key in _CONTENT)
    if kind == "tool-call-start":
        return (_PLAN,)
    return (f"/message/tool_calls/{index}/function/arguments",) if kind == "tool-call-end" else ()


def _end_of(target: str) -> tuple[str, int]:
    """Return type and index of the event that ends the block of a text."""
    _, _, member, index, *_ = target.split("/")
    return ("content-end" if member == "content" else "tool-call-end"), int(index)
