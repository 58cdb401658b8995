"""URL encoding (RFC 3986, section 2.1), and `+` for the space as HTML forms have it."""

import re
from urllib.parse import unquote_to_bytes

from .reading import Reading, View
from .spliced import octets, readable, spliced

_ESCAPES = re.compile("((?:%[0-9A-Fa-f]{2}){1,1020})")
_FORMS = re.compile(r"((?:%[0-9A-Fa-f]{2}){1,1020}|(?<=[\w.,:;!?'\"])\+(?=[\w%]))")
"""At most so many at a time that a place is found quickly; a multiple of a character's bytes."""


def _spell(stretch: str) -> str:
    return " " if stretch == "+" else readable(unquote_to_bytes(stretch))


def _place(source: str, spelled: str, index: int) -> tuple[int, int]:
    if source == "+":
        return 0, 1
    low, high = octets(spelled, index)
    return 3 * low, 3 * high


def _read(text: str) -> Reading | None:
    return spliced(text, _FORMS if "+" in text else _ESCAPES, _spell, _place)


PERCENT = View("url", _read)
