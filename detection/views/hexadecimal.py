"""Bytes written in hexadecimal: in one piece, or apart by a space, a colon, a comma, ``0x``."""

import re

from .base64_text import CAP
from .reading import Reading, View
from .spliced import octets, readable, spliced

_RUNS = re.compile(
    r"((?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}){8,}+(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2}(?:[ :,\n-]{1,2}(?:0x)?[0-9A-Fa-f]{2}){4,}+(?![0-9A-Za-z]))"
)
_PAIRS = re.compile("(?:0x)?([0-9A-Fa-f]{2})")
_PRINTABLE = re.compile(r"[\x20-\x7e\t\r\n\u00a0-\ud7ff\ue000-\U0010ffff]")
_MOSTLY = 0.85
"""Share of what is spelled that must be readable: digests are not."""


def _spell(run: str) -> str:
    if len(run) > CAP:
        return run
    text = readable(bytes.fromhex("".join(_PAIRS.findall(run))))
    return text if len(_PRINTABLE.findall(text)) >= _MOSTLY * len(text) else run


def _place(run: str, spelled: str, index: int) -> tuple[int, int]:
    low, high = octets(spelled, index)
    pairs = [found.span() for found in _PAIRS.finditer(run)]
    return pairs[low][0], pairs[high - 1][1]


def _read(text: str) -> Reading | None:
    return spliced(text, _RUNS, _spell, _place)


HEXADECIMAL = View("hex", _read)
