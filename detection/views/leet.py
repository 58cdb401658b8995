"""Digits and signs that stand for letters: ``1gn0r3``, ``p@$$w0rd``; short numbers beside such words."""

import re

from .reading import Reading, View
from .spliced import spliced

_LETTERS = str.maketrans("0134578@$!|9", "oieastbasilg")
_STRETCHES = re.compile(
    r"([0-9@$!|]++(?=[A-Za-z])(?:[A-Za-z0-9]|[@$!|]++(?=[A-Za-z0-9]))*+"
    r"|(?<![A-Za-z0-9])[A-Za-z]++(?:[0-9]|[@$!|]++(?=[A-Za-z0-9]))(?:[A-Za-z0-9]|[@$!|]++(?=[A-Za-z0-9]))*+"
    r"|(?<![A-Za-z0-9])[0134578]{1,4}(?![A-Za-z0-9]))"
)
_MIXED = re.compile("[0-9@$!|][A-Za-z]|[A-Za-z][0-9@$!|]")


def _spell(stretch: str) -> str:
    return stretch.translate(_LETTERS)


def _place(_source: str, _spelled: str, index: int) -> tuple[int, int]:
    return index, index + 1


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES, _spell, _place) if _MIXED.search(text) else None


LEET = View("leet", _read, guess=True)
