"""What frames of a form have alike, and the places where they differ.

A dialect names places that say nothing: small whole numbers, times, padding. What stands there may differ
as long as it is what it must be.
"""

import re
from typing import Any, NamedTuple

from .dialects import Slot
from .growing import Growing
from .json_text import spans

TEXT, NUMBER, LETTERS, MOMENT = range(4)
"""Kinds of places."""

_MOST_DIGITS = 6
"""Longer numbers may be somebody's."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")


class Place(NamedTuple):
    """Where frames of a form differ: what stands there and behind it.

    `value` is what stood there in the frame from which the form is known; empty for the text and for letters.
    """

    kind: int
    behind: bytes
    value: bytes = b""

    def takes(self, value: bytes) -> bool:
        """Say whether a value may stand here; any may where the text does."""
        if self.kind == NUMBER:
            return len(value) <= _MOST_DIGITS and value.isdigit() and (len(value) == 1 or value[:1] != b"0")
        if self.kind == LETTERS:
            return value.isalnum()
        if self.kind == MOMENT:
            return _TIME.fullmatch(value) is not None
        return True


class Alike(NamedTuple):
    """All of a frame but its text and the values at its loose places.

    `before` stands in front of the first place; `places` are the text's and the loose ones, in order. `tree`
    is a frame of this form, read, `slot` where its text stands, and `growing` the text.
    """

    before: bytes
    places: tuple[Place, ...]
    tree: Any
    slot: Slot
    growing: Growing

    def within(self, before: int, after: int) -> "Alike":
        """Return the same without so many bytes in front and behind."""
        *places, last = self.places
        places.append(last._replace(behind=last.behind[: len(last.behind) - after]))
        return self._replace(before=self.before[before:], places=tuple(places))


def alike(
    data: bytes,
    tree: Any,
    slot: Slot,
    growing: Growing,
    loose: tuple[str, ...],
    around: tuple[bytes, bytes] = (b"", b""),
) -> Alike:
    """Tell what frames are alike whose data is this JSON but for the slot's string and loose places.

    Args:
        around: what stands in front of the data, and behind.
    """
    text = data.decode()
    found = spans(text, (slot.pointer, *loose))
    kinds: list[tuple[int, bytes]] = []
    literals: list[bytes] = []
    done = 0
    for start, end, pointer in sorted((start, end, pointer) for pointer, (start, end) in found.items()):
        value = text[start:end].encode()
        kind = TEXT if pointer == slot.pointer else _kind_of(value, is_string=text[start - 1] == '"')
        if kind is not None:
            kinds.append((kind, b"" if kind in (TEXT, LETTERS) else value))
            literals.append(text[done:start].encode())
            done = end
    before, *behind = *literals, text[done:].encode() + around[1]
    places = [Place(kind, literal, value) for (kind, value), literal in zip(kinds, behind, strict=True)]
    return Alike(around[0] + before, tuple(places), tree, slot, growing)


def _kind_of(value: bytes, *, is_string: bool) -> int | None:
    """Return what a value and those like it are; None for one that must not differ."""
    if not is_string:
        return NUMBER if Place(NUMBER, b"").takes(value) else None
    if _TIME.fullmatch(value):
        return MOMENT
    return LETTERS if value.isalnum() else None
