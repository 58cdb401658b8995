"""Streamed chat of Cohere, version 1: a JSON line an event; the last one says all of it again.

Source: `StreamedChatResponse` of the official ``cohere`` package.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.ndjson import Ndjson
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .cohere_turns import read_answer, read_calls
from .collect import Collector

FRAMING = Ndjson()
REFUSED = "ERROR_TOXIC"
"""Why an answer ends that was refused."""

_FAILED = "ERROR"
_TEXT, _PLAN = "/text", "/plan"
_SAID, _CALLED, _CALLS, _END = "text-generation", "tool-calls-chunk", "tool-calls-generation", "stream-end"
_READ = frozenset(
    (
        "event_type", "is_finished", "generation_id", "finish_reason", "text", "response", "tool_call_delta",
        "tool_calls",
    )
)  # fmt: skip
_BARE = frozenset(("event_type", "is_finished", "text", "tool_call_delta"))
_DELTA = {"parameters": Kind.ARGUMENTS, "text": Kind.REASONING}
_MOST = 1024


class CohereChatV1Stream:
    """Reads and writes events.

    Args:
        conversation: the name that the client gave it, if it did.
    """

    framing = FRAMING
    repeating = True

    def __init__(self, conversation: tuple[str, ...] = ()) -> None:
        self._conversation = conversation

    def named(self) -> tuple[str, ...]:
        """Return the name of the conversation."""
        return self._conversation

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` for one whose place nobody knows."""
        return _Reading().event(tree)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return an event with one piece of text."""
        if slot.target == _TEXT:
            return {"is_finished": False, "event_type": _SAID, "text": text}
        event = {"is_finished": False, "event_type": _CALLED}
        if slot.target == _PLAN:
            return {**event, "text": text}
        _, _, index, member = slot.target.split("/")
        return {**event, "tool_call_delta": {"index": int(index), member: text}}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """End the answer; what the last event repeats is why."""
        return [ending(REFUSED, {"text": text, "finish_reason": REFUSED})]

    def fault(self, message: str) -> Any:
        """Return the end of an answer that failed."""
        return ending(_FAILED, {"text": message, "finish_reason": _FAILED})


def ending(reason: str, answer: Any) -> Any:
    """Return the event that ends an answer and repeats it."""
    return {"is_finished": True, "event_type": _END, "finish_reason": reason, "response": answer}


class _Reading:
    """One event being read: what was found so far."""

    def __init__(self) -> None:
        self._collector = Collector(Direction.ANSWER)
        self._slots: list[Slot] = []
        self._repeats: list[Slot] = []
        self._closed: list[str] = []
        self._whole: list[tuple[str, str]] = []

    def event(self, tree: Any) -> Frame:
        collector = self._collector
        if not isinstance(tree, dict):
            collector.walk(tree, "", Role.ASSISTANT)
            return collector.frame()
        kind = tree.get("event_type")
        self._text(kind, tree.get("text"))
        self._delta(tree.get("tool_call_delta"))
        self._calls(tree.get("tool_calls"))
        self._response(tree.get("response"))
        collector.members(tree, "", Role.ASSISTANT, Kind.TEXT, skip=_READ)
        again = {slot.pointer for slot in self._repeats}
        collector.segments = [segment for segment in collector.segments if segment.pointer not in again]
        return collector.frame(
            self._slots,
            bare=tree.keys() <= _BARE,
            ended=(0,) if kind == _END else (),
            whole=self._whole,
            closed=self._closed,
            repeats=self._repeats,
        )

    def _text(self, kind: Any, text: Any) -> None:
        if not isinstance(text, str):
            self._collector.walk(text, "/text", Role.ASSISTANT, Kind.TEXT)
        elif kind == _CALLS:
            self._repeats.append(Slot(0, _PLAN, "/text", text, Kind.REASONING))
        elif kind == _CALLED:
            self._slots.append(Slot(0, _PLAN, "/text", text, Kind.REASONING))
        else:
            self._slots.append(Slot(0, _TEXT, "/text", text, Kind.TEXT))

    def _delta(self, delta: Any) -> None:
        collector, pointer = self._collector, "/tool_call_delta"
        if not isinstance(delta, dict):
            collector.walk(delta, pointer, Role.ASSISTANT)
            return
        place = f"/tool_calls/{_index(delta)}"
        known = {"index"}
        for key, kind in _DELTA.items():
            text = delta.get(key)
            if isinstance(text, str):
                known.add(key)
                encoded = kind is Kind.ARGUMENTS
                self._slots.append(Slot(0, f"{place}/{key}", f"{pointer}/{key}", text, kind, encoded=encoded))
        name = delta.get("name")
        if isinstance(name, str):
            self._whole.append((f"{place}/name", name))
            begun = Slot(0, f"{place}/parameters", "", "", Kind.ARGUMENTS, encoded=True)
            self._slots += [] if "parameters" in known else [begun]
        collector.members(delta, pointer, Role.ASSISTANT, Kind.NAME, skip=frozenset(known))

    def _calls(self, calls: Any) -> None:
        if isinstance(calls, list):
            self._closed += [f"/tool_calls/{at}/{key}" for at in range(len(calls)) for key in _DELTA]
        read_calls(self._collector, calls, "/tool_calls")

    def _response(self, response: Any) -> None:
        if not isinstance(response, dict):
            self._collector.walk(response, "/response", Role.ASSISTANT)
            return
        read_answer(self._collector, response, "/response")
        text, history = response.get("text"), response.get("chat_history")
        if not isinstance(text, str):
            return
        self._repeats.append(Slot(0, _TEXT, "/response/text", text, Kind.TEXT))
        turns = history if isinstance(history, list) else []
        if turns and isinstance(turns[-1], dict) and turns[-1].get("message") == text:
            pointer = f"/response/chat_history/{len(turns) - 1}/message"
            self._repeats.append(Slot(0, _TEXT, pointer, text, Kind.TEXT))


def _index(delta: dict[str, Any]) -> int:
    index = delta.get("index", 0)
    if isinstance(index, float) and index.is_integer():
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST:
        raise UpstreamFault("The upstream sent an event with a bad index.", code="upstream_protocol")
    return index
