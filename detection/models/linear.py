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

try:
    import numpy as np
    import numpy.typing as npt

    from .ngrams import BITS, features
except ModuleNotFoundError:
    _READY = False
else:
    _READY = True
    _SHIFTS = np.arange(3, dtype=np.uint64)[:, None] * np.uint64(_FIELD)

WEIGHTS = "linear.i8"
"""Three signed bytes for each bucket, head by head."""
REACH = 1 << 16
"""Characters of a text that are read; the rest is unjudged, and who asks has to say so."""
_DAMPING = 0.65
"""A sum is divided by this power of the number of features, so that long windows weigh little more."""
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
        fields = by_head.astype(np.uint64) << _SHIFTS
        return cls(fields.sum(0, dtype=np.uint64), lines("linear"), digest(WEIGHTS, FILE))

    def score(self, text: str) -> Scores:
        """Return the scores of a text of any length, of which `REACH` characters are read."""
        return calibrated(self.raw(text), self._lines)

    def said(self, parts: Iterable[Windows]) -> Scores:
        """Return the scores of a text from what `raw` computed for its parts."""
        return calibrated(joined(parts), self._lines)

    def raw(self, text: str) -> list[list[float]]:
        """Return what is computed for each head in each window; nothing where there are no words."""
        found = features(plain(text[:REACH]).encode("utf-8", "surrogatepass"))
        counts = (found.ends - found.begins).sum(1)
        if not len(found.buckets):
            return []
        sums = np.empty(len(found.buckets) + 1, np.uint64)
        sums[0] = 0
        np.cumsum(self._table[found.buckets], out=sums[1:])
        packed = (sums[found.ends] - sums[found.begins]).sum(1)
        sizes = np.maximum(counts, 1) ** _DAMPING
        totals = ((packed >> _SHIFTS) & np.uint64(_MASK)).astype(np.int64)
        by_head: list[list[float]] = ((totals - _MIDDLE * counts) / sizes).tolist()
        return by_head
