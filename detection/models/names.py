"""Names in running text: of persons, of organisations, and street addresses. A linear tagger.

Each token is tagged by the sum of the weights of its features: the beginning or the inside of a name of one
of three kinds, or neither (the tags of Ramshaw and Marcus, 1995). Then each is looked at again, together with
what its neighbours seem to be.
"""

from functools import cache
from typing import Self

from .missing import ModelMissing
from .name import KINDS, Name
from .weights_file import digest, weights

try:
    import numpy as np
    import numpy.typing as npt

    from .name_features import BITS, Token, again, buckets, own, tokens, written
except ModuleNotFoundError:
    _READY = False
else:
    _READY = True

WEIGHTS = "names.i8"
"""Eight signed bytes for each bucket: one for each tag, the last of no use."""
TAGS = 1 + 2 * len(KINDS)
"""None, then the beginning and the inside of each kind."""
ROW = 8
"""Bytes of a bucket."""
STEP = 1 / 16
"""What a unit of a weight is worth, in log-odds."""
LIKELY, SURE = 0.5, 0.9
"""How probable the most probable word of a name is at least."""
GOES_ON = 0.2
"""How probable its other words are at least: half a name is worth little."""
_LONGEST = 4096
"""Tokens that are tagged at a time: bounds the memory of long texts."""


class NamesModel:
    """Finds names. Stateless and shared; keeps nothing of a text."""

    def __init__(self, table: "npt.NDArray[np.int8]", name: str):
        self._table = table
        self.digest = name

    @classmethod
    def load(cls) -> Self:
        """Return the model that ships with the package. Raises `ModelMissing`."""
        if not _READY:
            raise ModelMissing("numpy")
        table = np.frombuffer(weights(WEIGHTS), np.int8).reshape(1 << BITS, ROW)
        return cls(table, digest(WEIGHTS))

    def names(self, text: str) -> list[Name]:
        """Return the names of a text, in order, none over another. Linear."""
        found, case = tokens(text), written(text)
        names: list[Name] = []
        end = 0
        for begin in range(0, len(found), _LONGEST):
            part = found[begin : begin + _LONGEST]
            names += _joined(text, part, self._probable(own(text, part, case, end)))
            end = part[-1].end
        return names

    def _probable(self, seen: "npt.NDArray[np.uint32]") -> "npt.NDArray[np.float32]":
        """Return how probable each tag is, shape (tokens, `TAGS`), from what `own` returns."""
        first = self._table[buckets(seen)].sum(0, dtype=np.int32)[:, :TAGS]
        second = self._table[again(seen, first.argmax(1))].sum(0, dtype=np.int32)[:, :TAGS]
        odds = (first + second).astype(np.float32) * np.float32(STEP)
        odds -= odds.max(1, keepdims=True)
        np.exp(odds, out=odds)
        odds /= odds.sum(1, keepdims=True)
        return odds


def _joined(text: str, found: "list[Token]", probable: "npt.NDArray[np.float32]") -> list[Name]:
    """Put tagged tokens together."""
    kinds = probable[:, 1::2] + probable[:, 2::2]
    best = kinds.argmax(1)
    there = np.flatnonzero(kinds.max(1) >= GOES_ON).tolist()
    names: list[Name] = []
    group: list[int] = []
    for place in there:
        if group and not _goes_on(text, found, probable, best, group[-1], place):
            names += _name(found, kinds, best, group)
            group = []
        group.append(place)
    return names + _name(found, kinds, best, group)


def _goes_on(
    text: str,
    found: "list[Token]",
    probable: "npt.NDArray[np.float32]",
    best: "npt.NDArray[np.intp]",
    last: int,
    place: int,
) -> bool:
    kind = int(best[place])
    if place != last + 1 or best[last] != kind:
        return False
    if kind != _ADDRESS and "\n" in text[found[last].end : found[place].start]:
        return False
    return bool(probable[place, 2 + 2 * kind] >= probable[place, 1 + 2 * kind])


def _name(
    found: "list[Token]", kinds: "npt.NDArray[np.float32]", best: "npt.NDArray[np.intp]", group: list[int]
) -> list[Name]:
    """Return a name without the signs at its ends; nothing where no letter is left."""
    while group and not found[group[-1]].text[-1].isalnum() and found[group[-1]].text != ".":
        group = group[:-1]
    while group and not found[group[0]].text[0].isalnum():
        group = group[1:]
    if not any(found[place].text[0].isalpha() for place in group):
        return []
    kind = int(best[group[0]])
    most = max(float(kinds[place, kind]) for place in group)
    if most < LIKELY:
        return []
    return [Name(KINDS[kind], found[group[0]].start, found[group[-1]].end, most >= SURE)]


_ADDRESS = KINDS.index("address")


@cache
def names_model() -> NamesModel:
    """Return the shipped model, loaded once. Raises `ModelMissing`."""
    return NamesModel.load()
