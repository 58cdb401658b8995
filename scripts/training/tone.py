"""Texts about tone: hate, threats and cruelty beside fair texts with the same groups and words."""

from collections.abc import Iterator
from pathlib import Path

from .rows import UNKNOWN, Example
from .slots import filled, lines, slots_of

_FOLDER = Path(__file__).parent / "tone"
_TIMES = 10
"""Fillings of a seed."""


def tone(seed: int) -> Iterator[Example]:
    """Yield every seed with its slots filled: the same for the same number."""
    slots, rng = slots_of(_FOLDER, seed)
    for name, toxic in (("toxic.en.txt", 1), ("fair.en.txt", 0)):
        for number, line in lines(_FOLDER / name):
            for text in {filled(line, slots, rng): None for _ in range(_TIMES)}:
                yield Example(text, 0, UNKNOWN if toxic else 0, toxic, "tone", f"tone {name}:{number}")
