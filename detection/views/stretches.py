"""Where in a text the runs stand that may be worth decoding: around what tells, and nowhere else.

Most of what is made of an encoding's characters is none: numbers, names, digests. What tells is
sought by RE2, which is quick; only around it the run itself is looked for.
"""

import re

from ..automaton import Automaton
from ..effort import effort

_AHEAD = 64
"""Characters behind the beginning of what tells that a run needs to begin before it."""
_FEW = 64
_APART = 256
"""Runs are looked for one by one while they are at most `_FEW` or one every `_APART` characters."""


class Stretches:
    """Finds runs.

    Args:
        telling: what a run must hold, in RE2's syntax over ASCII.
        runs: a run.
        alphabet: the characters of runs.
        longest: characters of a run that is of any use; longer ones may be found in part or not.
    """

    def __init__(self, telling: str, runs: re.Pattern[str], alphabet: str, longest: int):
        self._telling = Automaton(telling)
        self._runs = runs
        self._alphabet = alphabet
        self._longest = longest

    def of(self, text: str) -> list[tuple[int, int]]:
        """Return where runs that tell stand; where they are many, where all runs do."""
        data = text.encode("latin-1", "replace")  # a byte for each character: offsets are the same
        found: list[tuple[int, int]] = []
        position = looks = 0
        while effort.left >= 0 and (tells := self._telling.search(data, position)) is not None:
            run = self._around(text, position, tells[0])
            if run is not None:
                found.append(run)
            position = tells[1] if run is None else run[1]
            looks += 1
            if looks > max(_FEW, position // _APART):
                return [run.span() for run in self._runs.finditer(text)]
        return found

    def _around(self, text: str, low: int, place: int) -> tuple[int, int] | None:
        """Return the run around a place; None where there is none."""
        low = max(low, place - self._longest)
        low += len(text[low:place].rstrip(self._alphabet))
        for found in self._runs.finditer(text, low, place + _AHEAD):
            if found.end() <= place:
                continue
            whole = self._runs.match(text, found.start())  # not cut
            return whole.span() if whole is not None and found.start() <= place else None
        return None
