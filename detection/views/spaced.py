"""Letters that something was put between: ``i g n o r e``, ``i-g-n-o-r-e``, wider gaps between words."""

import re

from ..automaton import Automaton
from .base64_text import CAP
from .reading import Reading, View
from .spliced import spliced

BETWEEN = " ._-*|/,+~^"
"""What is put between letters."""
_LONGEST = 4 * CAP
_RUNS = re.compile(
    r"((?<![^\s\"'`(\[{])\S(?!\w)(?:(?: {1,6}| ?\n ?)\S(?!\w)){3,}+"
    r"|(?<![^\W_])(\S)(?!\2)(?P<between>[._\-*|/,+~^])(?:[^\n](?P=between)){2,}\S"
    r"(?: {1,3}\w(?:(?P=between)[^\n])*+(?!\w))*+)"
)
TELLS = r"(?:^|\s)\S(?: {1,6}\S){3}(?:\W|\z)|" + "|".join(
    rf"[^\s{sign}]{sign}[^\n]{sign}[^\n]{sign}[^\n{sign}]" for sign in map(re.escape, BETWEEN[1:])
)
"""What such text holds somewhere."""
_TELLING = Automaton(TELLS)
_BEFORE = 64
"""Characters before what tells in which its run begins, and behind it."""
_FEW = 64
_APART = 256
"""Runs are looked for one by one while they are at most `_FEW` or one every `_APART` characters."""
_SPACED = re.compile(r"\S|\s+")


def _letters(run: str) -> list[tuple[str, int]]:
    """Return the letters of a run and where they stand."""
    between = run[1]
    if between == " ":
        parts = ((found.group(), found.start()) for found in _SPACED.finditer(run))
        return [("\n" if "\n" in part else part[0], at) for part, at in parts if part != " "]
    found = []
    at = 0
    while at < len(run):
        found.append((run[at], at))
        at += 2 if run[at + 1 : at + 2] == between else 1
    return found


def _spell(run: str) -> str:
    if len(run) > _LONGEST:
        return run
    if run[1::2] == run[1] * (len(run) // 2) and " " not in run[::2]:
        return run[::2]
    return "".join([letter for letter, _ in _letters(run)])


def _place(run: str, _spelled: str, index: int) -> tuple[int, int]:
    at = _letters(run)[index][1]
    return at, at + 1


def _runs(text: str) -> list[tuple[int, int]]:
    """Return where runs stand: around what tells, and where that is often, wherever they do."""
    data = text.encode("latin-1", "replace")  # a byte for each character: offsets are the same
    found: list[tuple[int, int]] = []
    position = looks = 0
    while (tells := _TELLING.search(data, position)) is not None:
        looks += 1
        if looks > max(_FEW, position // _APART):
            return [run.span() for run in _RUNS.finditer(text)]
        low, high = max(position, tells[0] - _BEFORE), tells[1] + _BEFORE
        begun = _RUNS.search(text, low, high)
        run = _RUNS.match(text, begun.start()) if begun is not None else None
        if run is not None:
            found.append(run.span())
        position = run.end() if run is not None else tells[0] + 1
    return found


def _read(text: str) -> Reading | None:
    return spliced(text, _runs(text), _spell, _place)


SPACED = View("spaced", _read, toil=1)
