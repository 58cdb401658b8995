"""The form of a streamed frame: all of it but the one text that grows.

Most frames of a stream are the same bytes but for a few letters. Once one was read by every rule,
the next of its form needs no reading: what stands between the same beginning and the same end is
one JSON string, or the frame is none of this form.
"""

from typing import Any

import orjson

from .dialects import Slot
from .growing import Growing
from .json_text import inside, spans


class FrameForm:
    """Frames alike but for one text.

    Args:
        before: bytes of the event up to the inside of the string.
        after: bytes behind it, to the event's end.
        tree: a frame of this form, read.
        slot: where the text stands.
        growing: the text.
    """

    __slots__ = ("_after", "_before", "_least", "growing", "slot", "tree")

    def __init__(self, before: bytes, after: bytes, tree: Any, slot: Slot, growing: Growing):
        self._before = before
        self._after = after
        self._least = len(before) + len(after)
        self.tree = tree
        self.slot = slot
        self.growing = growing

    def text(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for any other event, or several."""
        if len(event) < self._least or not (event.startswith(self._before) and event.endswith(self._after)):
            return None
        try:
            # A quote that ends the string early or a raw line end is no inside of a JSON string.
            text: str = orjson.loads(b'"%b"' % event[len(self._before) : len(event) - len(self._after)])
        except orjson.JSONDecodeError:
            return None
        return text

    def event(self, text: str) -> bytes:
        """Write an event of this form."""
        return self._before + inside(text) + self._after


def form_of(raw: bytes, tree: Any, slot: Slot, growing: Growing) -> FrameForm:
    """Return the form of an event of one line whose data is JSON with the slot's string."""
    text = raw.decode()
    start, end = spans(text[6:], (slot.pointer,))[slot.pointer]
    return FrameForm(text[: start + 6].encode(), text[end + 6 :].encode(), tree, slot, growing)
