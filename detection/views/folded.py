"""The Unicode views as views of whole texts: look-alikes folded to ASCII, or scripts left as they are.

Folding turns a text in another script into a mixture that no rule of that script knows. So a text
that only hides characters between its letters is read a second time with its letters kept.
"""

import re
from functools import cached_property

from ..origins import Origins
from .reading import Reading, View
from .spliced import spliced, whole
from .unicode import differs, odd_ones, read_as, reading, unicode_view


class _Folded:
    """See `Reading`. The way back is made when something was found."""

    def __init__(self, original: str):
        self._original = original
        self.text = reading(original)

    @cached_property
    def _origins(self) -> Origins:
        return unicode_view(self._original)[1]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self._origins[start], self._origins[end - 1] + 1

    def touched(self, start: int, end: int) -> bool:
        first, last = self.span(start, end)
        return self._original[first:last] != self.text[start:end]


def _fold(text: str) -> Reading | None:
    return _Folded(text) if differs(text) else None


_HIDDEN = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e01ef]"
)
"""What is put between letters, or stands for one unseen; no marks that a script needs."""


def _spell(character: str) -> str:
    reading = read_as(character)
    return reading if reading != character else ""


def _bare(text: str) -> Reading | None:
    if not any(_HIDDEN.match(character) for character in odd_ones(text)):
        return None
    bare = _HIDDEN.sub("", text)
    # Where nothing else is beyond ASCII, folding reads the same.
    if bare.isascii():
        return None
    return spliced(text, _HIDDEN, _spell, whole)


FOLDED = View("unicode", _fold, settles=True)
BARE = View("hidden", _bare, settles=True)
