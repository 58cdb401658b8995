"""Sensitivity: how sure a scanner must be before a finding counts.

Scores are calibrated confidence from 0 to 1 (`Finding.score`). A finding whose score is below the
threshold of its category passes.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .categories import closest

THRESHOLDS: Mapping[str, float] = {"low": 0.95, "medium": 0.60, "high": 0.40}
"""Least score that counts, by sensitivity: the thresholds that OpenGuardrails documents."""
DEFAULT = THRESHOLDS["high"]
"""Everything that a built-in rule finds counts."""


class Threshold(NamedTuple):
    """The least score of a category and of everything below it; an empty category is all others."""

    category: str
    score: float


def threshold(thresholds: tuple[Threshold, ...], category: str) -> float:
    """Return the least score that counts for a category: the longest name that covers it decides."""
    found = closest(dict(thresholds), category)
    return DEFAULT if found is None else found
