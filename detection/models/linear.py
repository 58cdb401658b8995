"""Tier 1: a logistic regression over hashed runs of bytes and words, in the time of a glance."""

from collections.abc import Iterable
from typing import Self

from .calibration import FILE, Line, Windows, calibrated, joined, lines
from .compiled_sums import CompiledSums
from .hashing import MOST_FEATURES
from .missing import ModelMissing
from .plain import plain
from .scores import Scores
from .sums import Summing
from .weights_file import digest, weights

WEIGHTS = "linear.i8"
"""Three signed bytes for each bucket, head by head."""
REACH = 1 << 16
"""Characters of a text that are read; the rest is unjudged, and who asks has to say so."""
_SIZES = [max(count, 1) ** 0.65 for count in range(MOST_FEATURES + 1)]
"""What a sum is divided by, by the number of features: long windows weigh little more."""


class LinearModel:
    """Scores a text by its runs of bytes and words, by windows of 320 bytes."""

    def __init__(self, summing: Summing, by: tuple[Line, Line, Line], name: str):
        self._summing = summing
        self._lines = by
        self.digest = name

    @classmethod
    def load(cls) -> Self:
        """Return the model that ships with the package. Raises `ModelMissing`."""
        return cls(_summing(weights(WEIGHTS)), lines("linear"), digest(WEIGHTS, FILE))

    def score(self, text: str) -> Scores:
        """Return the scores of a text of any length, of which `REACH` characters are read."""
        return calibrated(self.raw(text), self._lines)

    def said(self, parts: Iterable[Windows]) -> Scores:
        """Return the scores of a text from what `raw` computed for its parts."""
        return calibrated(joined(parts), self._lines)

    def raw(self, text: str) -> list[list[float]]:
        """Return what is computed for each head in each window; nothing where there are no words."""
        sums = self._summing.sums(plain(text[:REACH]).encode("utf-8", "surrogatepass"))
        if not sums:
            return []
        attack, harmful, toxic = [], [], []
        for first, second, third, count in sums:
            size = _SIZES[count]
            attack.append(first / size)
            harmful.append(second / size)
            toxic.append(third / size)
        return [attack, harmful, toxic]


def _summing(table: bytes) -> Summing:
    """Return what adds up weights: compiled where a compiler was at hand, with numpy elsewhere."""
    try:
        return CompiledSums(table)
    except OSError:
        pass
    try:
        from .array_sums import ArraySums  # noqa: PLC0415 - numpy takes memory that the other does not
    except ModuleNotFoundError:
        raise ModelMissing("numpy") from None
    return ArraySums(table)
