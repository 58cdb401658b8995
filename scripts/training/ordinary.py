"""Ordinary requests: what people ask an assistant every day, and what they say about its last answer."""

from collections.abc import Iterator
from pathlib import Path

from .rows import Example
from .slots import filled, lines, slots_of

_FOLDER = Path(__file__).parent / "ordinary"
_TIMES = 40
"""Fillings of a request."""


def ordinary(seed: int) -> Iterator[Example]:
    """Yield every request with its slots filled in several ways: the same for the same number."""
    slots, rng = slots_of(_FOLDER, seed)
    for name in ("asks.en.txt", "turns.txt"):
        for number, line in lines(_FOLDER / name):
            for text in {filled(line, slots, rng): None for _ in range(_TIMES)}:
                yield Example(text, 0, 0, 0, "ordinary", f"ordinary {name}:{number}")
