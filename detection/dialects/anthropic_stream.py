"""Anthropic's streamed messages: named events that open, fill and close content blocks.

Source: `types.raw_message_stream_event` of the official ``anthropic`` package, and how its
`lib.streaming` puts a message together: texts, reasoning and arguments of tools are joined over the
deltas of their block, signatures, citations and summaries stand for themselves.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.base import Framing
from ..framing.sse import Sse
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .anthropic_blocks import read_block, read_fields
from .anthropic_common import message_of, read_message, refused
from .base import Asked, Frame, Slot
from .collect import CONTROL, SHORTEST, Collector

FRAMING: Framing = Sse(
    name=lambda tree: str(tree["type"]),
    names=(
        "message_start", "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop", "ping", "error",
    ),
)  # fmt: skip

_MOST_BLOCKS = 1024
_EVENT = frozenset(("type", "index", "delta"))
_MESSAGE_DELTA = frozenset(("type", "delta", "usage"))
_MESSAGE_START = frozenset(("type", "message"))
_BLOCK_START = frozenset(("type", "index", "content_block"))
_BLOCK_STOP = frozenset(("type", "index"))
_TYPE = frozenset(("type",))
_STOP_REASON = frozenset(("stop_reason",))
_GROWING = {
    "text_delta": ("text", "text", Kind.TEXT),
    "thinking_delta": ("thinking", "thinking", Kind.REASONING),
    "input_json_delta": ("partial_json", "input", Kind.ARGUMENTS),
}
"""Deltas that clients join: the member that grows, the member of the block it is part of, its kind."""
_SIGNATURE = "signature_delta"
_STANDING = frozenset(("citations_delta", "compaction_delta"))
"""Deltas that stand for themselves."""
_IN_BLOCKS = {"text": Kind.TEXT, "thinking": Kind.REASONING}
"""Members of a block that is opened whose texts go on in deltas."""


class AnthropicStream:
    """Reads and writes the events of one answer.

    Args:
        asked: what the request asked for.
    """

    repeating = False

    def __init__(self, asked: Asked) -> None:
        self.framing: Framing = FRAMING
        self._asked = asked
        self._last: Any = None
        self._message: Any = None
        self._open: dict[int, None] = {}
        self._targets: dict[int, set[str]] = {}
        self._deltas: dict[str, tuple[str, str]] = {}

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` when it is none."""
        if not isinstance(tree, dict):
            raise _broken()
        self._note(self._last)
        self._last = tree
        reading = _Reading(self._deltas)
        match tree.get("type"):
            case "content_block_delta":
                return self._delta(reading, tree)
            case "content_block_start":
                return self._start(reading, tree)
            case "content_block_stop":
                reading.rest(tree, "", _BLOCK_STOP)
                return reading.frame(closed=tuple(self._targets.pop(_index(tree), ())))
            case "message_start" if isinstance(tree.get("message"), dict):
                read_message(reading.collector, tree["message"], "/message")
                reading.rest(tree, "", _MESSAGE_START)
                return reading.frame()
            case "message_delta" if isinstance(tree.get("delta"), dict):
                reading.rest(tree["delta"], "/delta", _STOP_REASON)
                reading.rest(tree, "", _MESSAGE_DELTA)
                return reading.frame(ended=(0,) if tree["delta"].get("stop_reason") else ())
            case "message_stop":
                reading.rest(tree, "", _TYPE)
                return reading.frame(ended=(0,))
            case "ping":
                reading.rest(tree, "", _TYPE)
                return reading.frame()
        reading.rest(tree, "", frozenset())
        return reading.frame()

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a delta with one piece of text; what a block that was not opened holds opens it."""
        tokens = split(slot.target)
        index = int(tokens[1])
        if slot.text and slot.pointer.startswith("/content_block/"):
            self._note(tree)
            return {**tree, "content_block": {**tree["content_block"], tokens[2]: text}}
        kind, key = self._deltas[slot.target]
        return {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: text}}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Close the open blocks and end the message as refused."""
        begin = [] if self._message else [{"type": "message_start", "message": message_of(self._asked, [])}]
        ends = [{"type": "content_block_stop", "index": index} for index in self._open]
        return [*begin, *ends, *_end(text, message_of(self._asked, [], self._message)["usage"])]

    def fault(self, message: str) -> Any:
        """Return the event that says that the rest cannot be told."""
        return {"type": "error", "error": {"type": "api_error", "message": message}}

    def left(self) -> None:
        """Note that the event read last left; see `Leaving`."""
        self._note(self._last)
        self._last = None

    def withdraw(self, targets: Iterable[str]) -> None:
        """Forget blocks that were never told; see `Withdrawing`."""
        for target in targets:
            self._open.pop(int(target.split("/")[2]), None)

    def _note(self, tree: Any) -> None:
        """Note an event that left: what it opened or closed."""
        match tree:
            case {"type": "message_start", "message": dict(message)}:
                self._message = message
            case {"type": "content_block_start", "index": index}:
                self._open[index] = None
            case {"type": "content_block_stop", "index": index}:
                self._open.pop(index, None)

    def _start(self, reading: "_Reading", tree: dict[str, Any]) -> Frame:
        index, block = _index(tree), tree.get("content_block")
        if index in self._targets or index in self._open:
            raise _broken()
        if not isinstance(block, dict):
            raise _broken()
        target = f"/content/{index}"
        reading.block(block, target)
        reading.rest(tree, "", _BLOCK_START)
        self._targets[index] = {slot.target for slot in reading.slots}
        return reading.frame()

    def _delta(self, reading: "_Reading", tree: dict[str, Any]) -> Frame:
        index, delta = _index(tree), tree.get("delta")
        if not isinstance(delta, dict):
            raise _broken()
        bare = reading.delta(delta, f"/content/{index}") and tree.keys() <= _EVENT
        reading.rest(tree, "", _EVENT)
        targets = self._targets.setdefault(index, set())
        targets.update([slot.target for slot in reading.slots])
        signed = delta.get("type") == _SIGNATURE
        # What is signed is whole: clients may take the signature for its end.
        return reading.frame(bare=bare, closed=(f"/content/{index}/thinking",) if signed else ())


class _Reading:
    """One event being read: what was found so far.

    Args:
        deltas: the kind of delta that carries a text, and the member it stands in; by the text's target.
    """

    def __init__(self, deltas: dict[str, tuple[str, str]]) -> None:
        self.collector = Collector(Direction.ANSWER)
        self.slots: list[Slot] = []
        self._whole: list[tuple[str, str]] = []
        self._deltas = deltas

    def frame(
        self, *, ended: tuple[int, ...] = (), closed: tuple[str, ...] = (), bare: bool = False
    ) -> Frame:
        return self.collector.frame(self.slots, bare=bare, ended=ended, closed=closed, whole=self._whole)

    def rest(self, value: dict[str, Any], pointer: str, known: frozenset[str]) -> None:
        """Take members that are not known, and known ones that are not what they should be."""
        for key in value.keys() & known & CONTROL:
            self.collector.control(value[key], pointer, key, Role.ASSISTANT)
        rest = {key: item for key, item in value.items() if key not in known}
        if rest:
            read_fields(self.collector, rest, pointer, Role.ASSISTANT)

    def block(self, block: dict[str, Any], target: str) -> None:
        """Take what a block begins with: its name comes whole, its texts go on."""
        kind = block.get("type")
        name = block.get("name")
        if isinstance(name, str):
            self._whole.append((f"{target}/name", name))
        key = kind if isinstance(kind, str) and kind in _IN_BLOCKS else ""
        text = block.get(key)
        if key and isinstance(text, str):
            block = {name: item for name, item in block.items() if name != key}
            if text:
                self._grow(f"{key}_delta", key, text, target, "/content_block")
        if "input" in block:
            self._begin(target)
        read_block(self.collector, block, "/content_block", Role.ASSISTANT)

    def delta(self, delta: dict[str, Any], target: str) -> bool:
        """Take a delta; say whether it is a text and nothing else."""
        kind = delta.get("type")
        kind = kind if isinstance(kind, str) else ""
        if kind == _SIGNATURE:
            read_block(self.collector, {**delta, "type": "thinking"}, "/delta", Role.ASSISTANT)
        elif kind in _STANDING:
            self.rest(delta, "/delta", _TYPE)
        elif kind in _GROWING:
            key = _GROWING[kind][0]
            if isinstance(delta.get(key), str):
                self._grow(kind, key, delta[key], target, "/delta")
            self.rest(delta, "/delta", _TYPE | ({key} if self.slots else set()))
            return bool(self.slots) and len(delta) == 2
        else:
            self._unknown(delta, kind, target)
        return False

    def _unknown(self, delta: dict[str, Any], kind: str, target: str) -> None:
        """Take a delta nobody knows yet: its strings grow, as those of all others."""
        self.collector.text(kind, "/delta/type", Role.ASSISTANT, Kind.OTHER, editable=False)
        for key, value in delta.items():
            if key != "type" and isinstance(value, str):
                self._key(key)
                where = step(target, key)
                self._deltas[where] = (kind, key)
                self.slots.append(Slot(0, where, step("/delta", key), value, Kind.OTHER))
            else:
                self.rest({key: value}, "/delta", frozenset())

    def _begin(self, target: str) -> None:
        """Note that the arguments of a call begin."""
        where = f"{target}/input"
        self._deltas[where] = ("input_json_delta", "partial_json")
        self.slots.append(Slot(0, where, "", "", Kind.ARGUMENTS, encoded=True))

    def _key(self, key: str) -> None:
        if len(key) >= SHORTEST:
            self.collector.text(key, "/delta", Role.ASSISTANT, editable=False)

    def _grow(self, delta: str, key: str, text: str, target: str, pointer: str) -> None:
        _, member, kind = _GROWING[delta]
        where = f"{target}/{member}"
        self._deltas[where] = (delta, _GROWING[delta][0])
        signed = kind is Kind.REASONING
        encoded = kind is Kind.ARGUMENTS
        slot = Slot(0, where, f"{pointer}/{key}", text, kind, encoded=encoded, editable=not signed)
        self.slots.append(slot)


def refusal_frames(asked: Asked, text: str) -> list[Any]:
    """Return the events of a whole answer that says no."""
    message = message_of(asked, [])
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        delta,
        {"type": "content_block_stop", "index": 0},
        *_end(text, message["usage"]),
    ]


def _end(text: str, usage: Any) -> Iterable[Any]:
    """Return the events that end a message as refused."""
    return (
        {"type": "message_delta", "delta": refused(text), "usage": {"output_tokens": usage["output_tokens"]}},
        {"type": "message_stop"},
    )


def _index(tree: dict[str, Any]) -> int:
    index = tree.get("index")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST_BLOCKS:
        raise _broken()
    return index


def _broken() -> UpstreamFault:
    return UpstreamFault("The upstream sent an event that is none of Anthropic's.", code="upstream_protocol")
