"""What a policy says about the tiers behind the patterns: how long they may take, and what if they fail."""

from dataclasses import dataclass
from enum import StrEnum

from .types import Tier

LONGEST = 120.0
"""Seconds of a deadline."""


class FailMode(StrEnum):
    """What becomes of a text about which a tier says nothing in time.

    `OPEN` lets it go and notes it as unjudged, `CLOSED` blocks it, `HOLD` waits for the tier to come back
    until the exchange's own deadline and blocks then.
    """

    OPEN = "open"
    CLOSED = "closed"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class TierRule:
    """The rule of one tier. `deadline` counts seconds from when the tier is asked."""

    tier: Tier
    fail: FailMode = FailMode.OPEN
    deadline: float = 1.0

    def __post_init__(self) -> None:
        """Raise `ValueError` for the patterns, which neither fail nor wait, and for a bad deadline."""
        if self.tier is Tier.PATTERNS:
            raise ValueError("the patterns have neither a deadline nor a fail mode")
        if not 0 < self.deadline <= LONGEST:
            raise ValueError(f"deadline must be above 0 and at most {LONGEST:.0f} seconds")
