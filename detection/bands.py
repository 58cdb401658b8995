"""From a model's score to a level, and to doubt: bands of calibrated scores, by tier and family."""

from collections.abc import Mapping
from typing import NamedTuple

from .types import Level, Tier


class Band(NamedTuple):
    """Where scores of a family begin to mean something, each from 0 to 1; above 1 is never reached.

    From `doubt` on the next tier is asked, below it a text is clean. From `low`, `medium` and `high` on
    it is a finding of that level, and from `high` on the tier is sure: nobody else is asked.
    """

    doubt: float
    low: float
    medium: float
    high: float

    def level(self, score: float) -> Level:
        """Return the level of a finding with this score, `Level.NONE` for no finding."""
        if score >= self.high:
            return Level.HIGH
        if score >= self.medium:
            return Level.MEDIUM
        return Level.LOW if score >= self.low else Level.NONE


USUAL = Band(0.2, 0.5, 0.75, 0.95)
"""For a tier that states none: the levels of rules with these scores."""

type Bands = Mapping[tuple[Tier, str], Band]
"""By tier, and category or family; the category's counts first."""


def band_of(bands: Bands, tier: Tier, category: str) -> Band:
    """Return the band of a category's scores from a tier."""
    return bands.get((tier, category)) or bands.get((tier, category.partition(".")[0]), USUAL)
