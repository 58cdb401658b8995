"""Which character of the original a character of a reading came from, kept as runs.

Nearly every character of a reading stands for one of the original, so the map is a few runs of
equal steps and not a number a character.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import count
from operator import sub


class Origins:
    """Maps indices of a reading to indices of the original. Immutable.

    Args:
        at: where in the reading each run begins, rising from 0.
        origins: the index in the original of each run's first character, never falling.
    """

    __slots__ = ("_at", "_origins")

    def __init__(self, at: list[int], origins: list[int]):
        self._at = at
        self._origins = origins

    @classmethod
    def of(cls, offset: int, uneven: Iterable[tuple[int, int]] = ()) -> "Origins":
        """Map a reading whose characters stand for one each, but for some.

        Args:
            offset: index of the original's first character.
            uneven: (index, number of characters it reads as) of the others, rising.
        """
        at, origins = [0], [offset]
        shift = 0
        for index, length in uneven:
            begin = index + shift
            for step in range(1, length):
                at.append(begin + step)
                origins.append(offset + index)
            if at[-1] == begin + length:
                origins[-1] = offset + index + 1
            else:
                at.append(begin + length)
                origins.append(offset + index + 1)
            shift += length - 1
        return cls(at, origins)

    @classmethod
    def without(cls, offset: int, dropped: Sequence[int]) -> "Origins":
        """Map a reading that leaves some characters out and has all others as one each.

        Args:
            offset: index of the original's first character.
            dropped: indices of those left out, rising.
        """
        # Runs may be empty: the last one that begins at an index is the one that counts.
        at = [0, *map(sub, dropped, count())]
        return cls(at, [offset, *map((offset + 1).__add__, dropped)])

    def __getitem__(self, index: int) -> int:
        """Return the original index of a character of the reading."""
        run = bisect_right(self._at, index) - 1
        return self._origins[run] + index - self._at[run]

    def runs(self) -> tuple[list[int], list[int]]:
        """Return what the map was made of."""
        return self._at, self._origins

    def first(self, origin: int, length: int) -> int:
        """Return the first index, of `length` ones, that came from `origin` or later."""
        return bisect_left(range(length), origin, key=self.__getitem__)

    def then(self, length: int, more: "Origins") -> "Origins":
        """Map a reading of `length` characters followed by another."""
        keep = bisect_left(self._at, length)
        begins, origins = more.runs()
        return Origins(
            [*self._at[:keep], *(length + begin for begin in begins)], [*self._origins[:keep], *origins]
        )

    def since(self, drop: int) -> "Origins":
        """Map what is left of the reading behind its first `drop` characters."""
        run = bisect_right(self._at, drop) - 1
        at = [0, *(begin - drop for begin in self._at[run + 1 :])]
        return Origins(at, [self[drop], *self._origins[run + 1 :]])
