"""The form of what is left of a frame once most that all have alike is taken off: one expression reads it."""

import re
from collections.abc import Callable
from functools import lru_cache

from .alike import LETTERS, TEXT, Alike
from .frame_form import FrameForm
from .loose_form import form_like

_MOST_BEHIND = 16
"""Bytes behind a text that are worth an expression: longer ones hold what differs from stream to stream."""
_MOST_KNOWN = 256
_PLAIN = rb'"([^"\\\x00-\x1f]*+)'
"""A string that is spelled as it is, without its last quote."""
_LETTERS = rb"[A-Za-z0-9]++"

type _Fits = Callable[[bytes], re.Match[bytes] | None]


class TailForm(FrameForm):
    """Frames with little around their text, as `FrameForm`; texts with escapes are read as it does.

    Args:
        behind: what stands behind the text, and behind padding where there is some.
    """

    __slots__ = ("_fits", "_found")

    def __init__(self, like: Alike, behind: tuple[bytes, ...]):
        between = behind[0] if len(behind) > 1 else None
        super().__init__(like.before, between, behind[-1], like.tree, like.slot, like.growing)
        self._fits = _fits(like.before, behind)
        self._found: re.Match[bytes] | None = None

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for one of another form, or several events."""
        self._found = found = self._fits(event)
        if found is None:
            return super().read(event)
        try:
            return found[1].decode()
        except UnicodeDecodeError:
            return None

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        if self._found is not None:
            self._end = self._found.end(1)
        return super().event(text, like)


@lru_cache(_MOST_KNOWN)
def _fits(before: bytes, behind: tuple[bytes, ...]) -> _Fits:
    """Return what fits a frame; `before` ends with the quote in front of the text. Cached: few differ."""
    rest = _LETTERS.join(re.escape(literal) for literal in behind)
    return re.compile(re.escape(before[:-1]) + _PLAIN + rest).fullmatch


def tail_form(like: Alike) -> FrameForm:
    """Return the form of what is left of frames of which so much is alike."""
    behind = tuple([place.behind for place in like.places])
    kinds = [place.kind for place in like.places]
    if kinds in ([TEXT], [TEXT, LETTERS]) and sum(map(len, behind)) <= _MOST_BEHIND:
        return TailForm(like, behind)
    return form_like(like)
