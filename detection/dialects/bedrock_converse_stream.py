"""Streamed Converse: each event is an object whose one member is the event's name.

Every string of a delta grows over the events of its block, known to us or not; it is addressed by the
place it has in a buffered answer, so that a finding means the same either way.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.aws_event_stream import AwsEventStream
from ..framing.base import Framing
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .bedrock_blocks import read_block, read_parts
from .bedrock_common import INTERVENED
from .collect import CONTROL, SHORTEST, Collector

FRAMING = AwsEventStream()
CONTENT = "/output/message/content"

_MOST_BLOCKS = 1024
_PADDING = "p"
"""Random letters that hide the length of a frame's text."""
_LOOSE = ("/contentBlockDelta/p",)
_KINDS = {
    "text": Kind.TEXT,
    "toolUse": Kind.ARGUMENTS,
    "reasoningContent": Kind.REASONING,
    "toolResult": Kind.TEXT,
}
_WHOLE = frozenset(("toolUseId", "name", "type", "status", "format"))
_NAMES = frozenset(("toolUse", "toolResult", "reasoningContent", "signature", "redactedContent", "content"))
"""Members every client knows: nobody's words."""
_INDEXED = frozenset(("contentBlockIndex", _PADDING))


class ConverseStream:
    """Reads and writes the events of one answer."""

    framing: Framing = FRAMING
    repeating = False

    def __init__(self) -> None:
        self._begun = False
        self._open: dict[int, set[str]] = {}
        self._next = 0

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` when it is none."""
        if not isinstance(tree, dict) or len(tree) != 1:
            raise _broken()
        ((event, payload),) = tree.items()
        if not isinstance(payload, dict):
            raise _broken()
        reading = _Reading(f"/{event}")
        if event == "contentBlockDelta":
            return self._delta(reading, payload)
        if event == "contentBlockStart":
            return self._start(reading, payload)
        if event == "contentBlockStop":
            block = _index(payload)
            reading.rest(payload, _INDEXED)
            return reading.frame(closed=tuple(self._open.pop(block, ())))
        if event == "messageStart":
            self._begun = True
            reading.rest(payload, frozenset((_PADDING,)))
            return reading.frame()
        if event == "messageStop":
            reading.rest(payload, frozenset((_PADDING,)))
            return reading.frame(ended=(0,))
        return self._other(reading, event, payload)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return an event with one piece of text."""
        tokens = split(slot.target)
        if not slot.target.startswith(CONTENT):
            return _nested(tokens, text)
        return _delta(int(tokens[3]), _nested(tokens[4:], text))

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Close the open blocks, refuse in a block of its own, and end as a guardrail does."""
        begin = [] if self._begun else [{"messageStart": {"role": "assistant"}}]
        ends = [{"contentBlockStop": {"contentBlockIndex": block}} for block in sorted(self._open)]
        return [*begin, *ends, *told(text, self._next)]

    def withdraw(self, targets: Iterable[str]) -> None:
        """Forget blocks that were never told; see `Withdrawing`."""
        for target in targets:
            block = int(split(target)[3])
            self._open.pop(block, None)
            self._next = min(self._next, block)

    def fault(self, message: str) -> Any:
        """Return the exception that ends a stream."""
        return {"modelStreamErrorException": {"message": message}}

    def _delta(self, reading: "_Reading", payload: dict[str, Any]) -> Frame:
        block = self._at(payload)
        delta = payload.get("delta")
        if not isinstance(delta, dict):
            raise _broken()
        for key, value in delta.items():
            reading.grown(key, value, f"{CONTENT}/{block}", "/contentBlockDelta/delta")
        self._open.setdefault(block, set()).update(slot.target for slot in reading.slots)
        reading.rest(payload, _INDEXED | {"delta"})
        return reading.frame(bare=payload.keys() <= _INDEXED | {"delta"} and len(delta) == 1)

    def _start(self, reading: "_Reading", payload: dict[str, Any]) -> Frame:
        block = self._at(payload)
        self._open.setdefault(block, set())
        start = payload.get("start")
        for key, value in start.items() if isinstance(start, dict) else ():
            reading.begun(key, value, f"{CONTENT}/{block}", "/contentBlockStart/start")
        self._open[block].update([slot.target for slot in reading.slots])
        reading.rest(payload, _INDEXED | ({"start"} if isinstance(start, dict) else set()))
        return reading.frame()

    def _other(self, reading: "_Reading", event: str, payload: dict[str, Any]) -> Frame:
        """Read an event that says more about the answer, that it failed, or nobody knows what."""
        reading.rest(payload, frozenset(("usage", "metrics", _PADDING)))
        return reading.frame(ended=(0,) if event.endswith("Exception") else ())

    def _at(self, payload: dict[str, Any]) -> int:
        block = _index(payload)
        self._next = max(self._next, block + 1)
        return block


class _Reading:
    """One event being read: what was found so far."""

    def __init__(self, pointer: str) -> None:
        self._collector = Collector(Direction.ANSWER)
        self._whole: list[tuple[str, str]] = []
        self._pointer = pointer
        self.slots: list[Slot] = []

    def frame(
        self, *, ended: tuple[int, ...] = (), closed: tuple[str, ...] = (), bare: bool = False
    ) -> Frame:
        return self._collector.frame(
            self.slots, bare=bare, ended=ended, closed=closed, whole=self._whole, loose=_LOOSE
        )

    def rest(self, payload: dict[str, Any], known: frozenset[str]) -> None:
        """Take what else an event says; padding that is more than letters is somebody's words."""
        padding = payload.get(_PADDING)
        if padding is not None and not (isinstance(padding, str) and (padding + "x").isalnum()):
            known -= {_PADDING}
        for key, value in payload.items():
            if key in known and key in CONTROL:
                self._collector.control(value, self._pointer, key, Role.ASSISTANT)
            elif key not in known:
                read_parts(self._collector, {key: value}, self._pointer, Role.ASSISTANT)

    def begun(self, key: str, value: Any, target: str, pointer: str) -> None:
        """Take what a block begins with: its names come whole."""
        where = step(pointer, key)
        if isinstance(value, dict):
            for name, item in value.items():
                if name in _WHOLE and isinstance(item, str):
                    self._whole.append((f"{step(target, key)}/{name}", item))
            if key == "toolUse":
                target = f"{step(target, key)}/input"
                self.slots.append(Slot(0, target, "", "", Kind.ARGUMENTS, encoded=True))
        read_block(self._collector, key, value, where, Role.ASSISTANT)

    def grown(self, key: str, value: Any, target: str, pointer: str) -> None:
        """Take one member of a delta."""
        kind = _KINDS.get(key, Kind.OTHER)
        if key in ("citation", "image"):
            read_block(self._collector, key, value, step(pointer, key), Role.ASSISTANT)
        else:
            self._key(key, pointer)
            self._grow(value, step(target, key), step(pointer, key), kind)

    def _grow(self, value: Any, target: str, pointer: str, kind: Kind) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                self._key(key, pointer)
                self._grow(item, step(target, key), step(pointer, key), kind)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._grow(item, f"{target}/{index}", f"{pointer}/{index}", kind)
        elif isinstance(value, str):
            name = pointer.rpartition("/")[2]
            encoded = kind is Kind.ARGUMENTS and name == "input"
            role = Role.TOOL if "/toolResult/" in target else Role.ASSISTANT
            signed = "/reasoningContent/" in target
            self.slots.append(Slot(0, target, pointer, value, kind, "", encoded, role, editable=not signed))
        else:
            self._collector.walk(value, pointer, Role.ASSISTANT, kind)

    def _key(self, key: str, pointer: str) -> None:
        if len(key) >= SHORTEST and key not in _NAMES:
            self._collector.text(key, pointer, Role.ASSISTANT, editable=False)


def told(text: str, block: int) -> Iterable[Any]:
    """Return the events that say a text in a block and end the answer as a guardrail does."""
    return (
        _delta(block, {"text": text}),
        {"contentBlockStop": {"contentBlockIndex": block}},
        {"messageStop": {"stopReason": INTERVENED}},
    )


def _delta(block: int, delta: Any) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": block, "delta": delta}}


def _nested(tokens: Sequence[str], text: str) -> Any:
    """Rebuild what holds a text at the end of a pointer."""
    value: Any = text
    for token in reversed(tokens):
        value = [value] if token.isdigit() else {token: value}
    return value


def _index(payload: dict[str, Any]) -> int:
    index = payload.get("contentBlockIndex")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST_BLOCKS:
        raise _broken()
    return index


def _broken() -> UpstreamFault:
    return UpstreamFault("The upstream sent an event that is none of Converse's.", code="upstream_protocol")
