"""Tier 1: a logistic regression over hashed runs of bytes and words, in the time of a glance."""

from collections.abc import Iterable
from typing import Self

from .calibration import FILE, Line, Windows, calibrated, joined, lines
from .missing import ModelMissing
from .plain import plain
from .scores import Scores
from .weights_file import digest, weights

_FIELD = 21
"""Bits in which the weights of a window are added up."""
_MASK = (1 << _FIELD) - 1
_SHIFTS = (0, _FIELD, 2 * _FIELD)

try:
    import numpy as np
    import numpy.typing as npt

    from .ngrams import BITS, MOST_FEATURES, STEP, Features, hashed, windowed
except ModuleNotFoundError:
    _READY = False
else:
    _READY = True
    _SIZES = [max(count, 1) ** 0.65 for count in range(MOST_FEATURES + 1)]
    """What a sum is divided by, by the number of features: long windows weigh little more."""

WEIGHTS = "linear.i8"
"""Three signed bytes for each bucket, head by head."""
REACH = 1 << 16
"""Characters of a text that are read; the rest is unjudged, and who asks has to say so."""
_MIDDLE = 128


class LinearModel:
    """Scores a text by its runs of bytes and words, by windows of 320 bytes."""

    def __init__(self, table: "npt.NDArray[np.uint64]", by: tuple[Line, Line, Line], name: str):
        self._table = table
        self._lines = by
        self.digest = name

    @classmethod
    def load(cls) -> Self:
        """Return the model that ships with the package. Raises `ModelMissing`."""
        if not _READY:
            raise ModelMissing("numpy")
        by_head = np.frombuffer(weights(WEIGHTS), np.int8).reshape(3, 1 << BITS).astype(np.int64) + _MIDDLE
        # The three weights of a bucket share one number, so that one addition adds all three.
        fields = by_head.astype(np.uint64) << np.array(_SHIFTS, np.uint64)[:, None]
        return cls(fields.sum(0, dtype=np.uint64), lines("linear"), digest(WEIGHTS, FILE))

    def score(self, text: str) -> Scores:
        """Return the scores of a text of any length, of which `REACH` characters are read."""
        return calibrated(self.raw(text), self._lines)

    def said(self, parts: Iterable[Windows]) -> Scores:
        """Return the scores of a text from what `raw` computed for its parts."""
        return calibrated(joined(parts), self._lines)

    def raw(self, text: str) -> list[list[float]]:
        """Return what is computed for each head in each window; nothing where there are no words."""
        found = hashed(plain(text[:REACH]).encode("utf-8", "surrogatepass"))
        if not len(found.buckets):
            return []
        # No bucket lies beyond the table; to clip spares a look whether one does.
        fields = self._table.take(found.buckets, mode="clip")
        if found.length <= 2 * STEP:
            sums, counts = [int(np.add.reduce(fields))], [len(fields)]
        else:
            sums, counts = _by_window(fields, windowed(found))
        windows = [
            (packed, _MIDDLE * count, _SIZES[count]) for packed, count in zip(sums, counts, strict=True)
        ]
        return [
            [((packed >> shift & _MASK) - middle) / size for packed, middle, size in windows]
            for shift in _SHIFTS
        ]


def _by_window(fields: "npt.NDArray[np.uint64]", found: "Features") -> tuple[list[int], list[int]]:
    """Return the sum of the fields and the number of features of each window."""
    sums = np.empty(len(fields) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(fields, out=sums[1:])
    packed: list[int] = (sums[found.ends] - sums[found.begins]).sum(1).tolist()
    counts: list[int] = (found.ends - found.begins).sum(1).tolist()
    return packed, counts
