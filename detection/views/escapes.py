r"""Escapes of JSON (RFC 8259), Python and JavaScript: ``\u0041 \x41 \101 \U00000041 \u{41} \n``."""

import re

from .reading import Reading, View
from .spliced import octets, readable, spliced

_STRETCHES = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4}){0,1023}|x[0-9A-Fa-f]{2}(?:\\x[0-9A-Fa-f]{2}){0,1019}"
    r"|[0-3][0-7]{2}(?:\\[0-3][0-7]{2}){0,1019}|U[0-9A-Fa-f]{8}|u\{[0-9A-Fa-f]{1,6}\}|[nrtbf\"'/\\])"
)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_LAST = 0x10FFFF


def _spell(stretch: str) -> str:
    kind = stretch[1]
    if stretch[2:3] == "{" or kind == "U":
        code = int(stretch[2:].strip("{}"), 16)
        return chr(code) if code <= _LAST else stretch
    if kind == "u":
        units = bytes.fromhex(stretch.replace("\\u", ""))
        return units.decode("utf-16-be", "surrogatepass")
    if kind == "x":
        return readable(bytes.fromhex(stretch.replace("\\x", "")))
    if kind in "0123":
        return readable(bytes(int(digits, 8) for digits in stretch.split("\\")[1:]))
    return _NAMED.get(kind, kind)


def _place(source: str, spelled: str, index: int) -> tuple[int, int]:
    kind = source[1]
    if kind == "u" and source[2] != "{":
        before = len(spelled[:index].encode("utf-16-be", "surrogatepass")) // 2
        return 6 * before, 6 * (before + (2 if ord(spelled[index]) > 0xFFFF else 1))
    if kind in "x0123":
        low, high = octets(spelled, index)
        return 4 * low, 4 * high
    return 0, len(source)


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES, _spell, _place)


ESCAPES = View("escapes", _read)
