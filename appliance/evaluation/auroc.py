"""The chance that a positive scores higher than a negative, from counted scores."""

from collections.abc import Mapping
from math import exp, log, sqrt

from .intervals import Estimate, Z, wilson

type Counted = Mapping[float, int]
"""How many texts had which score."""


def auroc(positives: Counted, negatives: Counted) -> Estimate | None:
    """Return the area under the curve with its 95 % interval; None where one side is empty.

    The area is the normalised rank sum of Mann and Whitney, a tie counting half. Its variance is the one
    of DeLong, DeLong and Clarke-Pearson (1988), computed from counts of equal scores as in Sun and Xu
    (2014); the interval is taken on the logit scale, so that it stays inside 0 and 1. An area of 0 or 1
    has no variance to speak of: there the interval is Wilson's for as many trials as the smaller side has
    texts.
    """
    count, against = sum(positives.values()), sum(negatives.values())
    if not count or not against:
        return None
    above = _wins(positives, negatives)
    below = _wins(negatives, positives)
    area = sum(above[score] * times for score, times in positives.items()) / count
    variance = _variance(above, positives, count) / count + _variance(below, negatives, against) / against
    if area <= 0 or area >= 1:
        least = min(count, against)
        return Estimate(area, *wilson(area * least, least))
    return Estimate(area, *_on_logit(area, variance))


def _on_logit(area: float, variance: float) -> tuple[float, float]:
    middle = log(area / (1 - area))
    spread = Z * sqrt(variance) / (area * (1 - area))
    return _logistic(middle - spread), _logistic(middle + spread)


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if value >= 0 else exp(value) / (1 + exp(value))


def _wins(scores: Counted, others: Counted) -> dict[float, float]:
    """Return for each score the share of the others below it, ties by half."""
    total, found = sum(others.values()), {}
    below = 0
    for score in sorted({*scores, *others}):
        equal = others.get(score, 0)
        if score in scores:
            found[score] = (below + equal / 2) / total
        below += equal
    return found


def _variance(values: Mapping[float, float], times: Counted, count: int) -> float:
    """Return the sample variance of counted values."""
    if count < 2:
        return 0.0
    mean = sum(values[score] * number for score, number in times.items()) / count
    squares = sum((values[score] - mean) ** 2 * number for score, number in times.items())
    return squares / (count - 1)
