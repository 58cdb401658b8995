"""Seeds: hand-written texts in files, one a line, with slots in braces."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ATTACK, BENIGN = 1, 0
_FOLDERS = {ATTACK: "attacks", BENIGN: "benign"}
_BRACES = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_DEEPEST = 4


class BadSeed(Exception):
    """A seed or slot file that cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One line of a seed file: `name` is its technique (attack) or kind (benign), `number` its line."""

    name: str
    lang: str
    number: int
    label: int
    text: str

    @property
    def id(self) -> str:
        """Where the seed stands, such as `attacks/override.de:12`."""
        return f"{_FOLDERS[self.label]}/{self.name}.{self.lang}:{self.number}"

    @property
    def slotted(self) -> bool:
        """Whether the text has slots, so that it reads differently each time."""
        return any(match[1] for match in _BRACES.finditer(self.text))


def _named(path: Path) -> tuple[str, str]:
    """Name and language of `<name>.<lang>.txt`. Raises BadSeed."""
    parts = path.name.split(".")
    if len(parts) != 3:
        raise BadSeed(f"{path.name}: expected <name>.<lang>.txt")
    return parts[0], parts[1]


def _lines(path: Path) -> list[tuple[int, str]]:
    r"""Numbered lines of a file without comments; `\n` is a line's end and a leading `\#` a literal #."""
    rows = enumerate(map(str.strip, path.read_text(encoding="utf-8").splitlines()), start=1)
    said = [(n, re.sub(r"^\\(?=#)", "", row)) for n, row in rows if row and not row.startswith("#")]
    return [(n, row.replace("\\n", "\n")) for n, row in said]


@cache
def seeds(label: int, root: Path = HERE) -> tuple[Seed, ...]:
    """Every seed of one label, by file and line. Raises BadSeed for a file without a language."""
    return tuple(
        Seed(*_named(path), number, label, text)
        for path in sorted((root / "seeds" / _FOLDERS[label]).glob("*.txt"))
        for number, text in _lines(path)
    )


@cache
def slots(root: Path = HERE) -> Mapping[tuple[str, str], Sequence[str]]:
    """What may fill a slot, by (name, language)."""
    paths = sorted((root / "seeds" / "slots").glob("*.txt"))
    return {_named(path): [text for _, text in _lines(path)] for path in paths}


def choices(name: str, lang: str, root: Path = HERE) -> Sequence[str]:
    """Fillings of a slot in a language, else in English. Raises BadSeed for a slot without a file."""
    table = slots(root)
    found = table.get((name, lang)) or table.get((name, "en"))
    if not found:
        raise BadSeed(f"no slot file {name}.{lang}.txt and no {name}.en.txt")
    return found


def fill(text: str, lang: str, rng: random.Random, depth: int = _DEEPEST) -> str:
    """The text with each slot filled (fillings may have slots) and doubled braces made single.

    `{goal_cap}` is `{goal}` with a capital letter. Raises BadSeed for an unknown slot or an endless one.
    """
    if not depth:
        raise BadSeed(f"slots refer to each other without end: {text[:40]!r}")

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        name = match[1].removesuffix("_cap")
        said = fill(rng.choice(choices(name, lang)), lang, rng, depth - 1)
        return said if name == match[1] else said[:1].upper() + said[1:]

    return _BRACES.sub(one, text)
