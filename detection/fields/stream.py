"""Streamed answers in a format of an app's own: frames whose texts grow at the places it named."""

from collections.abc import Sequence
from typing import Any

from ..dialects import Frame, Slot
from ..dialects.collect import Collector
from ..framing.base import Framing
from ..framing.ndjson import Ndjson
from ..framing.sse import Sse
from ..pointer import split
from ..types import Direction, Kind
from .ends import End
from .places import Places
from .spec import Fields
from .text_framing import PlainPieces, SseText
from .tree import grown

_APART = "\n\n"


class OwnStream:
    """Reads and writes the frames of one streamed answer. Implements `StreamShape`."""

    repeating = False

    def __init__(self, fields: Fields, framing: Framing | None = None) -> None:
        self._places = Places(fields.grows)
        self._end = fields.end
        self._says = fields.says
        self._is_text = fields.stream in ("sse-text", "text")
        self._carriers: dict[str, tuple[Any, tuple[str, ...]]] = {}
        self.framing: Framing = framing or _framing(fields.stream, self._end)

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one frame: pieces of text at their places, and what else stands there by itself."""
        slots: list[Slot] = []
        collector = Collector(Direction.ANSWER)
        for found in self._places.found_in(tree):
            place, pointer = found.place, found.pointer
            if isinstance(found.value, str):
                slots.append(Slot(0, pointer, pointer, found.value, Kind.TEXT, place.name, role=place.role))
            else:
                collector.walk(found.value, pointer, place.role, Kind.TEXT, name=place.name)
        pointers = tuple([slot.pointer for slot in slots])
        for slot in slots:
            self._carriers[slot.target] = tree, pointers
        ended = self._end.told_by(tree, name)
        bare = self._is_text or _is_bare(tree, slots)
        return collector.frame(slots, bare=bare, ended=(0,) if ended else ())

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a frame like the last one of its kind, with one piece of text."""
        like, pointers = self._carriers.get(slot.target, (None, ()))
        for pointer in pointers:
            like = grown(like, split(pointer), "")
        return grown(like, split(slot.target), text)

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Say what is wrong where the text would have gone on, and that it is over."""
        if self._is_text:
            return [_APART + text]
        steps = split(opened[0].target) if opened else self._says.steps if self._says else ("detail",)
        last = self._end.frame()
        return [grown(None, steps, _APART + text), *([] if last is None else [last])]

    def fault(self, message: str) -> Any:
        """Return a frame that tells of a fault."""
        return _APART + message if self._is_text else {"detail": message, "code": "upstream_protocol"}


def _framing(stream: str, end: End) -> Framing:
    if stream == "text":
        return PlainPieces()
    if stream == "ndjson":
        return Ndjson()
    return SseText(end.mark) if stream == "sse-text" else Sse(end=end.mark)


def _is_bare(tree: Any, slots: Sequence[Slot]) -> bool:
    """Say whether a frame holds nothing but its texts, so that it can wait for them."""
    return isinstance(tree, str) or (
        (isinstance(tree, dict) and tree.keys() == {split(slot.pointer)[0] for slot in slots if slot.pointer})
        and all(len(split(slot.pointer)) == 1 for slot in slots)
    )
