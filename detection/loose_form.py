"""The form of frames that are alike but for a text and what differs in each: a number, a time, padding.

What differs is let through as what it must be - a small whole number, a time, letters - so it says
nothing; anything else is no frame of the form.
"""

import re
from collections.abc import Callable
from typing import Any

import orjson

from .dialects import Slot
from .frame_form import FrameForm
from .growing import Growing
from .json_text import inside, spans

_MOST_DIGITS = 6
"""Longer numbers may be somebody's."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")

type _Check = Callable[[bytes], object] | None


class LooseForm(FrameForm):
    """Frames alike but for one text and the values at a dialect's loose places.

    Args:
        literals: what stands around the places, in order; one more than there are places.
        checks: say of each place whether a value may stand there; None where the text stands.
        data: bytes in front of the data of its events, and behind.
    """

    __slots__ = ("_checks", "_data", "_literals")

    def __init__(
        self,
        literals: list[bytes],
        checks: list[_Check],
        data: tuple[int, int],
        tree: Any,
        slot: Slot,
        growing: Growing,
    ):
        super().__init__(literals[0], None, literals[-1], tree, slot, growing)
        self._literals = literals
        self._checks = checks
        self._data = data

    def read(self, event: bytes) -> tuple[str, bytes] | None:
        """Return the text of an event of this form, and the event."""
        place = self._place(event)
        if place is None:
            return None
        try:
            return orjson.loads(b'"%b"' % event[place[0] : place[1]]), event
        except orjson.JSONDecodeError:
            return None

    def event(self, text: str, behind: bytes) -> bytes:
        """Write an event of this form like the one that was read, with another text."""
        start, end = self._place(behind) or (0, 0)
        return behind[:start] + inside(text) + behind[end:]

    def within(self, before: int, after: int) -> "LooseForm":
        """Return the form of what these events hold but for so many bytes in front and behind."""
        literals = [*self._literals]
        literals[0] = literals[0][before:]
        literals[-1] = literals[-1][: len(literals[-1]) - after]
        return LooseForm(literals, self._checks, (0, 0), self.tree, self.slot, self.growing)

    def data(self, event: bytes) -> bytes:
        """Return the JSON of an event of this form."""
        return event[self._data[0] : len(event) - self._data[1]]

    def _place(self, event: bytes) -> tuple[int, int] | None:
        """Return where the text stands; None in an event of another form."""
        if not (event.startswith(self._before) and event.endswith(self._after)):
            return None
        literals = self._literals
        at, last = len(self._before), len(self._checks) - 1
        place = None
        for index, check in enumerate(self._checks):
            # The inside of a string holds no quote that begins what follows it, but escaped: that is tried.
            end = len(event) - len(self._after) if index == last else event.find(literals[index + 1], at)
            if end < at:
                return None
            if check is None:
                place = at, end
            elif not check(event[at:end]):
                return None
            at = end + len(literals[index + 1])
        return place


def loose_form_of(
    raw: bytes, data: bytes, tree: Any, slot: Slot, growing: Growing, loose: tuple[str, ...]
) -> LooseForm:
    """Return the form of a plain event whose data is JSON with the slot's string and loose places."""
    text = data.decode()
    found = spans(text, (slot.pointer, *loose))
    places = sorted((start, end, pointer) for pointer, (start, end) in found.items())
    checks: list[_Check] = []
    literals: list[bytes] = []
    begin = raw.rindex(data)
    done = 0
    for start, end, pointer in places:
        check = _check_of(text[start:end].encode(), is_string=text[start - 1] == '"')
        if pointer == slot.pointer or check is not None:
            checks.append(None if pointer == slot.pointer else check)
            literals.append(text[done:start].encode())
            done = end
    rest = raw[begin + len(data) :]
    literals[0] = raw[:begin] + literals[0]
    literals.append(text[done:].encode() + rest)
    return LooseForm(literals, checks, (begin, len(rest)), tree, slot, growing)


def _check_of(value: bytes, *, is_string: bool) -> _Check:
    """Return the check that a value and those like it pass; None for one that must not differ."""
    for check in (_TIME.fullmatch, bytes.isalnum) if is_string else (_is_small,):
        if check(value):
            return check
    return None


def _is_small(value: bytes) -> bool:
    return len(value) <= _MOST_DIGITS and value.isdigit() and (len(value) == 1 or value[:1] != b"0")
