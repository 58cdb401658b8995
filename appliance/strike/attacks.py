"""Attacks by technique, made from a number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from ...detection.types import Role
from ..errors import SettingError
from ..nearest import did_you_mean
from . import seeds
from .encodings import DRAWN_SPELLINGS, SPELLINGS
from .framings import FRAMINGS, OF_TOOLS

_SPOKEN: Mapping[str, Sequence[str]] = {
    "override": seeds.OVERRIDE,
    "persona": seeds.PERSONA,
    "extraction": seeds.EXTRACTION,
}
TECHNIQUES = (*_SPOKEN, "translation", "rule-examples", *FRAMINGS, *SPELLINGS, *DRAWN_SPELLINGS)
"""Names of all techniques, in the order in which they are tried."""


class Attack(NamedTuple):
    """One attack. The same number of the same technique and seed is the same text."""

    technique: str
    number: int
    text: str
    role: Role

    def __repr__(self) -> str:
        """Tell no text: it is an attack on who reads it."""
        return f"Attack({self.technique}, {self.number})"


def attacks(techniques: Iterable[str], count: int, seed: int) -> Iterator[Attack]:
    """Make attacks, at most `count` of each technique; fewer where there are no more seeds.

    Raises `SettingError` for a technique there is not.
    """
    for technique in techniques:
        if technique not in TECHNIQUES:
            hint = did_you_mean(technique, TECHNIQUES)
            raise SettingError(f"option --technique: {technique}: no such technique{hint}")
        yield from _of(technique, count, seed)


def _of(technique: str, count: int, seed: int) -> Iterator[Attack]:
    lots = Random(f"{seed}/{technique}")  # noqa: S311 - it has to be repeatable, not secret
    role = Role.TOOL if technique in OF_TOOLS else Role.USER
    for number, text in enumerate(_drawn(_pool(technique), count, lots), 1):
        yield Attack(technique, number, _disguised(technique, text, lots), role)


def _disguised(technique: str, text: str, lots: Random) -> str:
    if spelling := SPELLINGS.get(technique):
        return spelling(text)
    drawn = FRAMINGS.get(technique) or DRAWN_SPELLINGS.get(technique)
    return drawn(text, lots) if drawn else text


def _pool(technique: str) -> Sequence[str]:
    if technique in _SPOKEN:
        return _SPOKEN[technique]
    if technique == "translation":
        return seeds.translated()
    return seeds.examples() if technique == "rule-examples" else seeds.plain()


def _drawn(pool: Sequence[str], count: int, lots: Random) -> list[str]:
    return lots.sample(pool, min(count, len(pool)))
