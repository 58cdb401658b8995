"""Character references of HTML (HTML Standard, section 13.5), by name and by number."""

import html
import re

from .reading import Reading, View
from .spliced import spliced, whole

_STRETCHES = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?")


_LAST_CONTROL, _FIRST_SURROGATE = 0x9F, 0xD800
_FIRST_BEYOND, _LAST = 0x10000, 0x10FFFF
_NO_CHARACTER = 0xFFFE
"""The last two of each plane are none."""


def _spell(reference: str) -> str:
    if reference[1] == "#":
        end = -1 if reference[-1] == ";" else None
        code = int(reference[3:end], 16) if reference[2] in "xX" else int(reference[2:end])
        if _LAST_CONTROL < code < _FIRST_SURROGATE:
            return chr(code)
        if _FIRST_BEYOND <= code <= _LAST and code & _NO_CHARACTER != _NO_CHARACTER:
            return chr(code)
    return html.unescape(reference)


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES, _spell, whole)


ENTITIES = View("html", _read)
