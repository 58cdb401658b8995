"""Digits and signs that stand for letters: ``1gn0r3``, ``p@$$w0rd``."""

import re

from .reading import Reading, Same, View

_DIGITS = str.maketrans("0134578$9", "oieastbsg")
_SIGNS = {"@": "a", "!": "i"}
_INSIDE = re.compile("[@!](?=[A-Za-z])")
"""Signs that end a word or stand alone are what they are."""


def _read(text: str) -> Reading | None:
    read = text.translate(_DIGITS)
    if "@" in text or "!" in text:
        read = _INSIDE.sub(lambda found: _SIGNS[found.group()], read)
    return Same(text, read) if read != text else None


LEET = View("leet", _read, guess=True, lossy=True)
