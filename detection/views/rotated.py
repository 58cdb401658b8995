"""ROT13: every letter of the Latin alphabet stands for the one thirteen further."""

from string import ascii_lowercase as small

from .reading import Reading, Same, View

_TURNED = small[13:] + small[:13]
ROT13 = str.maketrans(small + small.upper(), _TURNED + _TURNED.upper())


def _read(text: str) -> Reading | None:
    read = text.translate(ROT13)
    return Same(text, read) if read != text else None


ROTATED = View("rot13", _read, guess=True)
