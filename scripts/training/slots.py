"""Seeds with slots: one a line, `#` begins a remark, `{name}` is filled from lists."""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_SLOT = re.compile(r"\{(\w+)\}")
_AS_WRITTEN = 0.85
"""The rest is in small letters."""


def slots_of(folder: Path, seed: int) -> tuple[dict[str, list[str]], random.Random]:
    """Return the lists of a folder, and a source of chance of its own."""
    return tomllib.loads((folder / "slots.toml").read_text()), random.Random(f"{folder.name} {seed}")


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the seeds of a file with their numbers."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line


def filled(line: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """Return a seed with its slots filled, at times in small letters."""
    chosen = {name: rng.choice(values) for name, values in slots.items()}
    text = _SLOT.sub(lambda match: chosen[match[1]], line)
    return text[0].upper() + text[1:] if rng.random() < _AS_WRITTEN else text.lower()
