"""The small transformer of this process as a tier that is awaited: asked in a thread."""

from collections.abc import Callable, Sequence

from ..detection.tier_rule import TierRule
from ..detection.tiers import Ask, Doubt, Opinion
from ..detection.types import Tier
from .turn import in_thread


class LocalTier:
    """Implements `SlowTier`.

    Args:
        opinions: asks the model, within the deadline of the rule; takes long.
    """

    tier = Tier.TRANSFORMER

    def __init__(self, opinions: Callable[[Ask], Sequence[Opinion]]) -> None:
        self._opinions = opinions

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Return an opinion for each doubt, in order; see `SlowTier`. A thread that began is not stopped."""
        ask = Ask(self.tier, tuple(doubts), TierRule(self.tier, deadline=deadline))
        return await in_thread(self._opinions, ask)
