"""URL encoding (RFC 3986, section 2.1), and `+` for the space as HTML forms have it."""

import re

from .reading import Reading, View
from .spliced import octets, readable, spliced

_MORE = "%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){0,1019}"
"""At most so many at a time that a place is found quickly; a multiple of a character's bytes."""
_ESCAPES = re.compile(_MORE)
_FORMS = re.compile(_MORE + r"|\+(?<=[\w.,:;!?'\"]\+)(?=[\w%])")


_WORD = rb"(?:[a-z]{2,30}|[A-Z][a-z]{1,30}|[A-Z]{2,30}|[0-9]{1,30}|[AaI])[.,:;!?']?"
_JOINED = re.compile(rb"\+" + _WORD + rb"(?![A-Za-z0-9/])")
_BEFORE = re.compile(rb"(?:^|[^A-Za-z0-9/])" + _WORD + rb"\Z")
_WIDEST = 33


def is_form(data: bytes) -> bool:
    """Say whether bytes hold words joined by plus signs, which base64 does not look like."""
    return any(
        _BEFORE.search(data, max(0, at - _WIDEST), at)
        for at in (found.start() for found in _JOINED.finditer(data))
    )


def _spell(stretch: str) -> str:
    return " " if stretch == "+" else readable(bytes.fromhex(stretch.replace("%", "")))


def _place(source: str, spelled: str, index: int) -> tuple[int, int]:
    if source == "+":
        return 0, 1
    low, high = octets(spelled, index)
    return 3 * low, 3 * high


def _read(text: str) -> Reading | None:
    return spliced(text, _FORMS if "+" in text else _ESCAPES, _spell, _place)


PERCENT = View("url", _read)
