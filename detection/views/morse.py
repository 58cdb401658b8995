"""Morse code (ITU-R M.1677-1): letters apart by a space, words by a slash, a bar or wider gaps."""

import re

from .base64_text import CAP
from .reading import Reading, View
from .spliced import spliced
from .stretches import Stretches

_CODES = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - "
    "..- ...- .-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. "
    ".-.-.- --..-- ---... ..--.. .----. -....- -..-. -.--. -.--.- .-..-. -...- .-.-. .--.-. -.-.-- "
    "..--.- -.-.-. .-... ...-..-"
)
LETTERS = dict(zip(_CODES.split(), "abcdefghijklmnopqrstuvwxyz0123456789.,:?'-/()\"=+@!_;&$", strict=True))
"""What the signs of a letter spell."""
_GAP = r"(?: {1,7}(?:[/|] {0,3})?| ?[/|] ?|\n)"
_RUNS = re.compile(rf"(?<![.\-\w])[.\-]{{1,7}}(?:{_GAP}[.\-]{{1,7}}){{5,}}+(?![.\-\w])")
_SIGNS = re.compile(r"[.\-]+|[^.\-]+")
_LONGEST = 4 * CAP
TELLS = r"[.-]{1,7}(?:[ /|\n]{1,5}[.-]{1,7}){5}"
"""What encoded text holds somewhere."""
_STRETCHES = Stretches(TELLS, _RUNS, ".- /|\n", _LONGEST)


def _spelled(run: str) -> list[tuple[str, int, int]]:
    """Return what each part of a run spells, and where it stands."""
    found = []
    for part in _SIGNS.finditer(run):
        signs = part.group()
        if signs[0] in ".-":
            found.append((LETTERS.get(signs, "\ufffd"), *part.span()))
        elif signs != " ":
            found.append((" ", *part.span()))
    return found


def _spell(run: str) -> str:
    if len(run) > _LONGEST:
        return run
    return "".join(letter for letter, _, _ in _spelled(run))


def _place(run: str, _text: str, index: int) -> tuple[int, int]:
    _, low, high = _spelled(run)[index]
    return low, high


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES.of(text), _spell, _place)


MORSE = View("morse", _read)
