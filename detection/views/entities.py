"""Character references of HTML (HTML Standard, section 13.5), by name and by number."""

import html
import re

from .reading import Reading, View
from .spliced import spliced, whole

_STRETCHES = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?")


_LAST_CONTROL, _LAST_PLAIN = 0x9F, 0xD7FF


def _spell(reference: str) -> str:
    digits = reference[2:].rstrip(";")
    if reference[1] == "#" and (code := _number(digits)) > _LAST_CONTROL and code <= _LAST_PLAIN:
        return chr(code)
    return html.unescape(reference)


def _number(digits: str) -> int:
    return int(digits) if digits[0] not in "xX" else int(digits[1:], 16)


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES, _spell, whole)


ENTITIES = View("html", _read)
