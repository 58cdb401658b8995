"""Letters that something was put between: ``i g n o r e``, ``i-g-n-o-r-e``, wider gaps between words."""

import re

from .base64_text import CAP
from .reading import Reading, View, guard
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
_MAY_HOLD = guard(TELLS)
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
    return run if len(run) > _LONGEST else "".join(letter for letter, _ in _letters(run))


def _place(run: str, _spelled: str, index: int) -> tuple[int, int]:
    at = _letters(run)[index][1]
    return at, at + 1


def _read(text: str) -> Reading | None:
    return spliced(text, _RUNS, _spell, _place) if _MAY_HOLD(text) else None


SPACED = View("spaced", _read)
