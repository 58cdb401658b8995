"""Requests by kind of harm, beside harmless ones with the same words."""

from collections.abc import Iterator
from pathlib import Path

from .rows import UNKNOWN, Example
from .slots import filled, lines, slots_of

_FOLDER = Path(__file__).parent / "harm"
_TIMES = 12
"""Fillings of a seed."""


def harm(seed: int) -> Iterator[Example]:
    """Yield every seed with its slots filled: the same for the same number."""
    slots, rng = slots_of(_FOLDER, seed)
    for name, known in (("harmful.en.txt", (UNKNOWN, 1, UNKNOWN)), ("fair.en.txt", (0, 0, 0))):
        for number, line in lines(_FOLDER / name):
            for text in {filled(line, slots, rng): None for _ in range(_TIMES)}:
                yield Example(text, *known, "harm", f"harm {name}:{number}")
