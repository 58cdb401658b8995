"""Ordinary requests: what people ask an assistant every day, and what they say about its last answer."""

import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

from .rows import Example
from .slots import filled, lines, slots_of

_FOLDER = Path(__file__).parent / "ordinary"
_TIMES = 40
"""Fillings of a request."""
_ABROAD = 12
"""Fillings of a request in another language."""
_BRIEFS = 1500
"""Long requests of each language."""


def ordinary(seed: int) -> Iterator[Example]:
    """Yield every request with its slots filled in several ways: the same for the same number."""
    slots, rng = slots_of(_FOLDER, seed)
    for name in ("asks.en.txt", "turns.txt"):
        for number, line in lines(_FOLDER / name):
            for text in {filled(line, slots, rng): None for _ in range(_TIMES)}:
                yield Example(text, 0, 0, 0, "ordinary", f"ordinary {name}:{number}")


def briefs(seed: int) -> Iterator[Example]:
    """Yield long requests: lines of one language in any order, a few, or as many as a page holds."""
    slots, rng = slots_of(_FOLDER, seed)
    for lang in ("en", "zh"):
        known = [line for _, line in lines(_FOLDER / f"brief.{lang}.txt")]
        for number in range(_BRIEFS):
            chosen = rng.sample(known, min(rng.choice((2, 3, 5, 8, 12, 20)), len(known)))
            joint = rng.choice(("\n", "\n\n", " ", "" if lang == "zh" else " "))
            text = joint.join(filled(line, slots, rng) for line in chosen)
            yield Example(text, 0, 0, 0, "brief", f"brief {lang}:{number}", lang=lang)


def abroad(seed: int) -> Iterator[Example]:
    """Yield requests in other languages with their slots filled."""
    by_lang = tomllib.loads((_FOLDER / "abroad.toml").read_text(encoding="utf-8"))
    numbers = by_lang.pop("number")
    rng = random.Random(f"abroad {seed}")
    for lang, said in by_lang.items():
        slots = {"topic": said["topic"], "job": said["job"], "number": numbers}
        for place, ask in enumerate(said["asks"], 1):
            for text in {filled(ask, slots, rng): None for _ in range(_ABROAD)}:
                yield Example(text, 0, 0, 0, "abroad", f"abroad {lang}:{place}", lang=lang)
