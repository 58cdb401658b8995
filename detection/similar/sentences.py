"""Cuts a text into pieces that are each about one thing, as far as full stops tell."""

import re
from collections.abc import Iterator

SHORTEST, LONGEST = 24, 320
"""Characters of a piece; a shorter sentence goes with the next one, a longer one is cut."""
_OVERLAP = LONGEST // 4

_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f\u0964])|\n+")


def sentences(text: str) -> Iterator[str]:
    """Yield the pieces of a text, in order. Linear; all of it is in one of them."""
    held = ""
    for part in _END.split(text):
        held = f"{held} {part}" if held else part
        if len(held) >= SHORTEST:
            yield from _cut(held)
            held = ""
    if held.strip():
        yield held


def _cut(text: str) -> Iterator[str]:
    if len(text) <= LONGEST:
        yield text
        return
    for start in range(0, len(text) - _OVERLAP, LONGEST - _OVERLAP):
        yield text[start : start + LONGEST]
