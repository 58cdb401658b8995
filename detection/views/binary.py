"""Bytes written as eight binary digits each, with or without spaces between them."""

import re

from .base64_text import CAP
from .reading import Reading, View
from .spliced import octets, readable, spliced
from .stretches import Stretches

_RUNS = re.compile(r"(?<![0-9A-Za-z])[01]{8}(?:[ ,\n]?[01]{8}){2,}+(?![0-9A-Za-z])")
_BYTES = re.compile("[01]{8}")
_LONGEST = 4 * CAP
TELLS = r"[01]{8}[ ,\n]?[01]{8}[ ,\n]?[01]{8}"
"""What encoded text holds somewhere."""
_STRETCHES = Stretches(TELLS, _RUNS, "01 ,\n", _LONGEST)


def _spell(run: str) -> str:
    if len(run) > _LONGEST:
        return run
    return readable(bytes(int(digits, 2) for digits in _BYTES.findall(run)))


def _place(run: str, spelled: str, index: int) -> tuple[int, int]:
    low, high = octets(spelled, index)
    places = [found.span() for found in _BYTES.finditer(run)]
    return places[low][0], places[high - 1][1]


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES.of(text), _spell, _place)


BINARY = View("binary", _read, proves=True)
