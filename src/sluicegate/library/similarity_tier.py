"""Who compares texts in this process, as a tier that is awaited: it lets others go on between two pieces."""

import asyncio
from collections.abc import Sequence
from time import monotonic

from ..detection.similar.local import MODEL, LocalSimilarity
from ..detection.tiers import Doubt, Opinion
from ..detection.types import Tier

_STEPS = 16
"""Pieces compared without a pause: a millisecond or two."""


class SimilarityTier:
    """Implements `SlowTier` without asking anybody."""

    tier = Tier.SIMILARITY

    def __init__(self) -> None:
        self._local = LocalSimilarity()

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Return an opinion for each doubt, in order; see `SlowTier`."""
        until = monotonic() + deadline
        return [await self._judged(doubt, until) for doubt in doubts]

    async def close(self) -> None:
        """There is nothing to close."""

    async def _judged(self, doubt: Doubt, until: float) -> Opinion:
        for number, step in enumerate(self._local.steps(doubt), 1):
            if step is not None:
                return step
            if number % _STEPS == 0:
                await asyncio.sleep(0)
            if monotonic() > until:
                break
        return Opinion(MODEL, unjudged="deadline")
