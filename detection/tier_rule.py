"""What a policy says about the tiers behind the patterns: when, for how long, and what if they fail."""

from dataclasses import dataclass
from enum import StrEnum

from .types import Role, Tier

LONGEST = 120.0
"""Seconds of a deadline."""
_VISION_SECONDS = 10.0
"""Seconds for a picture unless a policy says otherwise: reading one takes a model that long at times."""


class FailMode(StrEnum):
    """What becomes of a text about which a tier says nothing in time.

    `OPEN` lets it go and notes it as unjudged, `CLOSED` blocks it, `HOLD` waits for the tier to come back
    until the exchange's own deadline and blocks then.
    """

    OPEN = "open"
    CLOSED = "closed"
    HOLD = "hold"


class Use(StrEnum):
    """When a tier is asked.

    `OFF` never. `AUTO` about what the cheaper tiers are in doubt, where this machine runs the tier.
    `DOUBT` the same, and a machine that does not run it is at fault. `ALWAYS` about every text, so too.
    `AUTO` and `DOUBT` keep to the budget of the tier; `ALWAYS` knows none.
    """

    OFF = "off"
    AUTO = "auto"
    DOUBT = "doubt"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class TierRule:
    """The rule of one tier. `deadline` counts seconds from when the tier is asked.

    `always` names roles about whose texts the tier is asked whether there is doubt or not. `answers`
    says whether it looks at answers, too. `race` lets a prompt be on its way to a model that does nothing
    but answer while the tier judges it; nothing of the answer leaves before. See `race`.
    """

    tier: Tier
    fail: FailMode = FailMode.OPEN
    deadline: float = 1.0
    use: Use = Use.AUTO
    always: tuple[Role, ...] = ()
    answers: bool = False
    race: bool = False

    def __post_init__(self) -> None:
        """Raise `ValueError` for the patterns, which neither fail nor wait, and for a bad deadline."""
        if self.tier is Tier.PATTERNS:
            raise ValueError("the patterns have neither a deadline nor a fail mode")
        if not 0 < self.deadline <= LONGEST:
            raise ValueError(f"deadline must be above 0 and at most {LONGEST:.0f} seconds")

    @property
    def demanded(self) -> bool:
        """Whether a machine that does not run the tier is at fault."""
        return self.use in (Use.DOUBT, Use.ALWAYS)


def usual(tier: Tier) -> TierRule:
    """Return the rule of a tier of which a policy says nothing. Raises `ValueError` for the patterns."""
    return TierRule(tier, deadline=_VISION_SECONDS) if tier is Tier.VISION else TierRule(tier)
