"""Fiction, role play and thought experiments: the same frames around harmless and around harmful tasks."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .rows import UNKNOWN, Example
from .slots import lines, slots_of

_FOLDER = Path(__file__).parent / "scenes"
_FAIR, _FOUL = 30, 90
"""Frames for each harmless task and for each harmful one."""
_BARE = 12
"""How often a harmful task stands without a frame."""
_SLOT = re.compile(r"\{(\w+?)(_cap)?\}")


def scenes(seed: int) -> Iterator[Example]:
    """Yield every task in several frames: the same for the same number. What is held out goes by the task."""
    slots, rng = slots_of(_FOLDER, seed)
    frames, closings = (
        [line for _, line in lines(_FOLDER / f"{name}.en.txt")] for name in ("frame", "closing")
    )
    for name, times, known in (("fair", _FAIR, (0, 0, 0)), ("foul", _FOUL, (1, 1, UNKNOWN))):
        for number, task in lines(_FOLDER / f"{name}.en.txt"):
            key = f"scenes {name}:{number}"
            for _ in range(times):
                chosen = {slot: rng.choice(values) for slot, values in slots.items()}
                given = {**chosen, "task": task, "closing": _closing(closings, rng)}
                yield Example(_filled(rng.choice(frames), given), *known, f"scenes_{name}", key)
            for _ in range(_BARE if name == "foul" else 1):
                chosen = {slot: rng.choice(values) for slot, values in slots.items()}
                bare = known if name == "fair" else (UNKNOWN, 1, UNKNOWN)
                yield Example(_filled("{task_cap}.", {**chosen, "task": task}), *bare, f"scenes_{name}", key)


def _closing(closings: Sequence[str], rng: random.Random) -> str:
    return " ".join(rng.sample(closings, rng.choice((0, 1, 1, 2, 3))))


def _filled(line: str, given: Mapping[str, str]) -> str:
    return _capital(" ".join(_put(line, given).split()))


def _put(line: str, given: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        text = _put(given[match[1]], given)
        return _capital(text) if match[2] else text

    return _SLOT.sub(value, line)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
