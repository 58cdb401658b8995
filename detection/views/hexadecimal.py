"""Bytes written in hexadecimal: in one piece, or apart by a space, a colon, a comma, ``0x``."""

import re
import string

from .base64_text import CAP
from .reading import Reading, View
from .spliced import is_text, octets, readable, spliced
from .stretches import Stretches

_RUNS = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{2}){8,}+(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2}(?:[ :,\n-]{1,2}(?:0x)?[0-9A-Fa-f]{2}){4,}+(?![0-9A-Za-z])"
)
_ASCII, _REST = "[2-7][0-9A-Fa-f]", "[89abAB][0-9A-Fa-f]"
_CHARACTER = (
    f"(?:{_ASCII}|[c-dC-D][0-9A-Fa-f]{_REST}|[eE][0-9A-Fa-f](?:{_REST}){{2}}|[fF][0-9A-Fa-f](?:{_REST}){{3}})"
)
TELLS = rf"{_CHARACTER}{{8}}|(?:[0-9A-Fa-f]{{2}}[ :,\n-]{{1,2}}(?:0x)?){{4}}[0-9A-Fa-f]{{2}}"
"""What encoded text holds somewhere: joined bytes that are UTF-8, or bytes apart."""
_STRETCHES = Stretches(TELLS, _RUNS, string.hexdigits + "x :,\n-", 2 * CAP)
_PAIRS = re.compile("(?:0x)?([0-9A-Fa-f]{2})")
_BETWEEN = str.maketrans("", "", " :,\n-")


_MOSTLY = 0.9
"""Share of what is spelled that must be text."""


def _spell(run: str) -> str:
    if len(run) > CAP:
        return run
    data = bytes.fromhex((run.replace("0x", "") if "x" in run else run).translate(_BETWEEN))
    return readable(data) if is_text(data, _MOSTLY) else run


def _place(run: str, spelled: str, index: int) -> tuple[int, int]:
    low, high = octets(spelled, index)
    pairs = [found.span() for found in _PAIRS.finditer(run)]
    return pairs[low][0], pairs[high - 1][1]


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES.of(text), _spell, _place)


HEXADECIMAL = View("hex", _read, proves=True)
