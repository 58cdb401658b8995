"""The weights of a text's features added up with numpy: where no compiler was at hand."""

from itertools import starmap

import numpy as np
import numpy.typing as npt

from .hashing import BITS, HEADS, STEP
from .ngrams import Features, hashed, windowed
from .sums import Sums

_FIELD = 21
"""Bits in which the weights of a window are added up."""
_MASK = (1 << _FIELD) - 1
_SHIFTS = (0, _FIELD, 2 * _FIELD)
_MIDDLE = 128


class ArraySums:
    """Adds up weights. Implements `Summing`.

    Args:
        weights: three signed bytes for each bucket, head by head.
    """

    def __init__(self, weights: bytes):
        by_head = np.frombuffer(weights, np.int8).reshape(HEADS, 1 << BITS).astype(np.int64) + _MIDDLE
        # The three weights of a bucket share one number, so that one addition adds all three.
        fields = by_head.astype(np.uint64) << np.array(_SHIFTS, np.uint64)[:, None]
        self._table: npt.NDArray[np.uint64] = fields.sum(0, dtype=np.uint64)

    def sums(self, text: bytes) -> list[Sums]:
        """Return what each window of a plain text comes to."""
        found = hashed(text)
        if not len(found.buckets):
            return []
        # No bucket lies beyond the table; to clip spares a look whether one does.
        fields = self._table.take(found.buckets, mode="clip")
        if found.length <= 2 * STEP:
            return [_unpacked(int(np.add.reduce(fields)), len(fields))]
        return list(starmap(_unpacked, _by_window(fields, windowed(found))))


def _unpacked(packed: int, count: int) -> Sums:
    first, second, third = [(packed >> shift & _MASK) - _MIDDLE * count for shift in _SHIFTS]
    return first, second, third, count


def _by_window(fields: npt.NDArray[np.uint64], found: Features) -> list[tuple[int, int]]:
    """Return the sum of the fields and the number of features of each window."""
    sums = np.empty(len(fields) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(fields, out=sums[1:])
    packed: list[int] = (sums[found.ends] - sums[found.begins]).sum(1).tolist()
    counts: list[int] = (found.ends - found.begins).sum(1).tolist()
    return list(zip(packed, counts, strict=True))
