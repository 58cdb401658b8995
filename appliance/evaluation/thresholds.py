"""Which score to act on: thresholds at a stated rate of false positives, and what they catch."""

from collections import Counter
from collections.abc import Iterable

from .auroc import Counted
from .intervals import Share

ANY = 0.0
"""The threshold that any finding reaches; a text without one has the score 0 and never does."""


def caught(scores: Counted, threshold: float) -> Share:
    """Return how many texts reach a threshold."""
    hits = sum(times for score, times in scores.items() if score > 0 and score >= threshold)
    return Share(hits, sum(scores.values()))


def threshold_at(negatives: Counted, rate: float) -> float:
    """Return the lowest score at which at most `rate` of the negatives are caught.

    Every score that occurs is tried; above all of them is infinity, where nothing is caught.
    """
    count = sum(negatives.values())
    best, hits = float("inf"), 0
    for score in sorted(negatives, reverse=True):
        if score <= 0:
            break
        hits += negatives[score]
        if hits > rate * count:
            return best
        best = score
    return ANY


def curve(positives: Counted, negatives: Counted) -> list[tuple[float, float]]:
    """Return the points of the curve: false-positive rate and recall from no text to all."""
    points, hits, wrong = [(0.0, 0.0)], 0, 0
    count, against = sum(positives.values()), sum(negatives.values())
    for score in sorted({*positives, *negatives}, reverse=True):
        hits += positives.get(score, 0)
        wrong += negatives.get(score, 0)
        points.append((wrong / against if against else 0.0, hits / count if count else 0.0))
    return points


def pooled(parts: Iterable[Counted]) -> Counter[float]:
    """Add counted scores up."""
    total: Counter[float] = Counter()
    for part in parts:
        total.update(part)
    return total
