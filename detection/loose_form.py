"""The form of frames that are alike but for a text and what differs in each: a number, a time, padding.

What differs is let through as what it must be, so it says nothing; anything else is no frame of the form.
A frame is first held against the layout of one before it: where nothing but the text and padding has another
length, all stands where it stood. Only where that does not fit is it read place by place.
"""

from typing import Any

import orjson

from .alike import LETTERS, NUMBER, TEXT, Alike, alike
from .dialects import Slot
from .frame_form import FrameForm
from .growing import Growing
from .json_text import inside
from .layout import UNKNOWN, ZEROS, Digits, layout

_ZERO = ord("0")


class LooseForm(FrameForm):
    """Frames alike but for one text and the values at a dialect's loose places.

    Args:
        like: what is alike in all of an event.
        around: bytes in front of the data of its events, and behind.
    """

    __slots__ = ("_around", "_begin", "_differ", "_layout", "_lone", "_places", "_text_at", "_values")

    def __init__(self, like: Alike, around: tuple[int, int] = (0, 0)):
        super().__init__(like.before, None, like.places[-1].behind, like.tree, like.slot, like.growing)
        self._places = like.places
        kinds = [place.kind for place in like.places]
        self._text_at = kinds.index(TEXT)
        self._lone = LETTERS not in kinds[:-1]
        self._around = around
        self._begin = 0
        self._layout = UNKNOWN
        self._values = [place.value for place in like.places]
        self._differ: set[int] = set()

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for one of another form, or several events."""
        begin, rest, head, size, stop, between, spots, padded = self._layout
        if padded:
            last = len(event) - padded
            end = event.find(between, begin)
            if not event[end + rest : last].isalnum() or event[last:] != self._after:
                return self._by_place(event)
        else:
            end = len(event) - rest
            if event[end:stop] != between:
                return self._by_place(event)
        if begin > end or event[:size] != head:
            return self._by_place(event)
        for first, last, next_, zeros, leads, behind in spots:
            if event[first:last].translate(ZEROS) != zeros or event[last:next_] != behind:
                return self._by_place(event)
            for lead in leads:
                if event[lead] == _ZERO:
                    return self._by_place(event)
        self._begin, self._end = begin, end
        try:
            # Between its quotes: one that ends it early or a raw line end is no inside of a JSON string.
            text: str = orjson.loads(event[begin - 1 : end + 1])
        except orjson.JSONDecodeError:
            return None
        return text

    def _by_place(self, event: bytes) -> str | None:
        """Read place by place, as `read`."""
        found = self._found(event)
        if found is None:
            return None
        begin, end = found[self._text_at]
        try:
            text: str = orjson.loads(event[begin - 1 : end + 1])
        except orjson.JSONDecodeError:
            return None
        self._begin, self._end = begin, end
        self._lay_out(event, found)
        return text

    def _found(self, event: bytes) -> list[tuple[int, int]] | None:
        """Return where each place of an event of this form begins and ends; None for any other event."""
        if not event.startswith(self._before):
            return None
        found: list[tuple[int, int]] = []
        at, size = self._start, len(event)
        left = len(self._places)
        for place in self._places:
            left -= 1
            # The inside of a string holds no quote that begins what follows it, but escaped: that is tried.
            end = event.find(place.behind, at) if left else size - self._behind
            if end < at or not place.takes(event[at:end]):
                return None
            found.append((at, end))
            at = end + len(place.behind)
        return found if event.endswith(self._after) else None

    def _lay_out(self, event: bytes, found: list[tuple[int, int]]) -> None:
        """Lay out events like this one. Times have many lengths: one must come twice before it counts."""
        known, digits, padding = True, [], None
        for index, (begin, end) in enumerate(found):
            place, value = self._places[index], event[begin:end]
            if place.kind == LETTERS:
                padding = begin, end
            elif place.kind != TEXT:
                before, self._values[index] = self._values[index], value
                known = known and (place.kind == NUMBER or len(value) == len(before))
                if value != before:
                    self._differ.add(index)
                if index in self._differ:
                    digits.append(Digits(begin, end, place.kind == NUMBER))
        if known:
            laid = layout(event, found[self._text_at], digits, padding)
            self._layout = laid if self._lone else UNKNOWN

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        return like[: self._begin] + inside(text) + like[self._end :]

    def data(self, event: bytes) -> bytes:
        """Return the JSON of an event of this form."""
        return event[self._around[0] : len(event) - self._around[1]]


def form_like(like: Alike, around: tuple[int, int] = (0, 0)) -> FrameForm:
    """Return the form of events of which so much is alike; `around` as for `LooseForm`."""
    between, *after = [place.behind for place in like.places]
    kinds = [place.kind for place in like.places]
    if kinds == [TEXT, LETTERS]:
        return FrameForm(like.before, between, after[0], like.tree, like.slot, like.growing)
    if kinds == [TEXT]:
        return FrameForm(like.before, None, between, like.tree, like.slot, like.growing)
    return LooseForm(like, around)


def loose_form_of(
    raw: bytes, data: bytes, tree: Any, slot: Slot, growing: Growing, loose: tuple[str, ...]
) -> FrameForm:
    """Return the form of a plain event whose data is JSON with the slot's string and loose places."""
    begin = raw.rindex(data)
    before, after = raw[:begin], raw[begin + len(data) :]
    like = alike(data, tree, slot, growing, loose, (before, after))
    return form_like(like, (len(before), len(after)))
