"""Digits and signs that stand for letters: ``1gn0r3``, ``p@$$w0rd``."""

import re

from .reading import Reading, Same, View

_DIGITS = bytes.maketrans(b"0134578$9", b"oieastbsg")
_SIGNS = {"@": "a", "!": "i"}
_INSIDE = re.compile("[@!](?=[A-Za-z])")
"""Signs that end a word or stand alone are what they are."""
_AT, _MARK = re.compile("@(?=[A-Za-z])"), re.compile("!(?=[A-Za-z])")
_TURNED = "\0"
"""Stands for an ``@`` that was found until all is: it is no letter."""


def _read(text: str) -> Reading | None:
    # Bytes are translated in C, a text beyond ASCII is not.
    read = text.encode("utf-8", "surrogatepass").translate(_DIGITS).decode("utf-8", "surrogatepass")
    if "@" in text or "!" in text:
        read = _with_signs(read)
    return Same(text, read) if read != text else None


def _with_signs(text: str) -> str:
    if _TURNED in text:
        return _INSIDE.sub(lambda found: _SIGNS[found.group()], text)
    # Fixed replacements are made in C.
    return _MARK.sub("i", _AT.sub(_TURNED, text)).replace(_TURNED, "a")


LEET = View("leet", _read, guess=True, lossy=True)
