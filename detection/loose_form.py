"""The form of frames that are alike but for a text and what differs in each: a number, a time, padding.

What differs is let through as what it must be - a small whole number, a time, letters - so it says
nothing; anything else is no frame of the form.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from .dialects import Slot
from .frame_form import FrameForm
from .growing import Growing
from .json_text import inside, spans

_MOST_DIGITS = 6
"""Longer numbers may be somebody's."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_TEXT, _NUMBER, _LETTERS, _MOMENT = range(4)
_ZERO = ord("0")
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)


class Place(NamedTuple):
    """Where frames of a form differ: what stands there and behind it.

    `zeros` is a time that stood there, its digits zeros: what is like it but for its digits is a time, too.
    """

    kind: int
    behind: bytes
    zeros: bytes = b""

    def takes(self, value: bytes) -> bool:
        """Say whether a value may stand here; any may where the text does."""
        if self.kind == _NUMBER:
            return len(value) <= _MOST_DIGITS and value.isdigit() and (len(value) == 1 or value[:1] != b"0")
        if self.kind == _LETTERS:
            return value.isalnum()
        if self.kind == _MOMENT:
            return value.translate(_ZEROS) == self.zeros or _TIME.fullmatch(value) is not None
        return True


class LooseForm(FrameForm):
    """Frames alike but for one text and the values at a dialect's loose places.

    Args:
        before: what stands in front of the first place.
        places: the text's and the loose ones, in order.
        around: bytes in front of the data of its events, and behind.
    """

    __slots__ = ("_all", "_around", "_begin", "_ends_in_text", "_places")

    def __init__(
        self,
        before: bytes,
        places: Sequence[Place],
        around: tuple[int, int],
        tree: Any,
        slot: Slot,
        growing: Growing,
    ):
        super().__init__(before, None, places[-1].behind, tree, slot, growing)
        self._ends_in_text = places[-1].kind == _TEXT
        sought = places[:-1] if self._ends_in_text else places
        self._places = [(place.kind, place.behind, len(place.behind), place) for place in sought]
        self._all = places
        self._around = around
        self._begin = 0

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for one of another form, or several events."""
        if not (event.startswith(self._before) and event.endswith(self._after)):
            return None
        at = self._start
        size = len(event)
        for kind, behind, length, place in self._places:
            # The inside of a string holds no quote that begins what follows it, but escaped: that is tried.
            end = event.find(behind, at)
            if end < 0:
                return None
            if kind == _TEXT:
                self._begin, self._end = at, end
            elif kind == _NUMBER:  # as `Place.takes`, but a call takes longer than this
                value = event[at:end]
                if not value.isdigit() or end - at > _MOST_DIGITS or (value[0] == _ZERO and end - at > 1):
                    return None
            elif kind == _LETTERS:
                if not event[at:end].isalnum():
                    return None
            elif not place.takes(event[at:end]):
                return None
            at = end + length
        if self._ends_in_text:  # which may hold what stands behind it, escaped
            self._begin, self._end = at, size - self._behind
        elif at != size:
            return None
        try:
            text: str = orjson.loads(event[self._begin - 1 : self._end + 1])
        except orjson.JSONDecodeError:
            return None
        return text

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        return like[: self._begin] + inside(text) + like[self._end :]

    def within(self, before: int, after: int) -> "LooseForm":
        """Return the form of what these events hold but for so many bytes in front and behind."""
        *places, last = self._all
        places.append(last._replace(behind=last.behind[: self._behind - after]))
        return LooseForm(self._before[before:], places, (0, 0), self.tree, self.slot, self.growing)

    def data(self, event: bytes) -> bytes:
        """Return the JSON of an event of this form."""
        return event[self._around[0] : len(event) - self._around[1]]


def loose_form_of(
    raw: bytes, data: bytes, tree: Any, slot: Slot, growing: Growing, loose: tuple[str, ...]
) -> LooseForm:
    """Return the form of a plain event whose data is JSON with the slot's string and loose places."""
    text = data.decode()
    found = spans(text, (slot.pointer, *loose))
    begin = raw.rindex(data)
    rest = raw[begin + len(data) :]
    kinds: list[tuple[int, bytes]] = []
    literals: list[bytes] = []
    done = 0
    for start, end, pointer in sorted((start, end, pointer) for pointer, (start, end) in found.items()):
        value = text[start:end].encode()
        kind = _TEXT if pointer == slot.pointer else _kind_of(value, is_string=text[start - 1] == '"')
        if kind is not None:
            kinds.append((kind, value))
            literals.append(text[done:start].encode())
            done = end
    before, *behind = *literals, text[done:].encode() + rest
    places = [
        Place(kind, literal, value.translate(_ZEROS) if kind == _MOMENT else b"")
        for (kind, value), literal in zip(kinds, behind, strict=True)
    ]
    return LooseForm(raw[:begin] + before, places, (begin, len(rest)), tree, slot, growing)


def _kind_of(value: bytes, *, is_string: bool) -> int | None:
    """Return what a value and those like it are; None for one that must not differ."""
    if not is_string:
        return _NUMBER if Place(_NUMBER, b"").takes(value) else None
    if _TIME.fullmatch(value):
        return _MOMENT
    return _LETTERS if value.isalnum() else None
