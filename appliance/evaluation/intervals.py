"""How far a share of few things can be trusted."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
"""Standard deviations of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure from 0 to 1 and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    count: int

    @property
    def value(self) -> float:
        """The share; 0 of nothing."""
        return self.hits / self.count if self.count else 0.0

    @property
    def estimate(self) -> Estimate:
        """The share with its 95 % interval."""
        return Estimate(self.value, *wilson(self.hits, self.count))


def wilson(hits: float, count: float, z: float = Z) -> tuple[float, float]:
    """Return the ends of the interval of a share; (0, 1) of nothing.

    Wilson, "Probable inference, the law of succession, and statistical inference", 1927; without the
    correction for continuity (Newcombe 1998, method 3).
    """
    if count <= 0:
        return 0.0, 1.0
    share, square = hits / count, z * z
    middle = share + square / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + square / (4 * count * count))
    scale = 1 + square / count
    low = 0.0 if hits <= 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if hits >= count else min(1.0, (middle + spread) / scale)
    return low, high
