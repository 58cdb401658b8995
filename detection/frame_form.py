"""The form of a streamed frame: all of it but the one text that grows.

Most frames of a stream are the same bytes but for a few letters. Once one was read by every rule,
the next of its form needs no reading: what stands between the same beginning and the same end is
one JSON string, or the frame is none of this form. Padding is let through as the letters it must be.
"""

from typing import Any

import orjson

from .dialects import Slot
from .growing import Growing
from .json_text import inside, spans
from .types import Kind

PADDING = "/obfuscation"
"""Random letters that hide the length of a frame's text; no dialect judges them."""


class FrameForm:
    """Frames alike but for one text and its padding. One stream's: it remembers the event that it read.

    Args:
        before: bytes of the event up to the inside of the text's string.
        between: bytes from there to the inside of the padding's string; None without padding.
        after: bytes behind the last of these strings, to the event's end.
        tree: a frame of this form, read.
        slot: where the text stands.
        growing: the text.

    `calling` frames bring arguments of a call.
    """

    __slots__ = (
        "_after",
        "_before",
        "_behind",
        "_between",
        "_end",
        "_start",
        "calling",
        "growing",
        "slot",
        "tree",
    )

    def __init__(
        self, before: bytes, between: bytes | None, after: bytes, tree: Any, slot: Slot, growing: Growing
    ):
        self._before = before
        self._between = between
        self._after = after
        self._start = len(before)
        self._behind = len(after)
        self._end = 0
        self.tree = tree
        self.slot = slot
        self.growing = growing
        self.calling = slot.kind is Kind.ARGUMENTS

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for one of another form, or several events."""
        end = len(event) - self._behind
        if end < self._start or not (event.startswith(self._before) and event.endswith(self._after)):
            return None
        if self._between is not None:
            letters = end
            end = event.find(self._between, self._start)
            if end < 0 or not event[end + len(self._between) : letters].isalnum():
                return None
        self._end = end
        try:
            # Between its quotes: one that ends it early or a raw line end is no inside of a JSON string.
            text: str = orjson.loads(event[self._start - 1 : end + 1])
        except orjson.JSONDecodeError:
            return None
        return text

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        return self._before + inside(text) + like[self._end :]

    def data(self, event: bytes) -> bytes | None:
        """Return the JSON of an event of this form where it says more than `tree` beside its text."""
        return None


def form_of(raw: bytes, data: bytes, tree: Any, slot: Slot, growing: Growing) -> FrameForm:
    """Return the form of a plain event whose data is JSON with the slot's string."""
    begin = raw.rindex(data)
    text = data.decode()
    places = spans(text, (slot.pointer, PADDING))
    start, end = places[slot.pointer]
    letters, last = places.get(PADDING, (0, 0))
    padded = letters > end and text[letters:last].isalnum()
    between = text[end:letters].encode() if padded else None
    after = text[last if padded else end :].encode() + raw[begin + len(data) :]
    return FrameForm(raw[:begin] + text[:start].encode(), between, after, tree, slot, growing)
