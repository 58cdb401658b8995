"""The slow tiers of a worker: made when it starts to serve, closed when it ends."""

from typing import TYPE_CHECKING

from ..detection.types import Tier
from ..library.budget import Budget
from ..library.panel import Panel
from ..middleware.metrics import PrometheusMetrics
from .model_client import ModelClient
from .world import World

if TYPE_CHECKING:
    from ..library.similarity_tier import SimilarityTier
    from ..middleware.similarity.client import SimilarityClient

SAVED_SECONDS = 4.0
"""Seconds of the budget that a worker may save up."""


class SlowTiers:
    """Everybody a worker can ask."""

    def __init__(self, world: World, metrics: PrometheusMetrics) -> None:
        settings = world.settings
        self._transformer = ModelClient(world.transformer) if world.transformer is not None else None
        self._guard = None
        if world.guard is not None:
            from ..middleware.guard_client.client import GuardClient  # noqa: PLC0415 - brings an HTTP library

            self._guard = GuardClient(world.guard, tally=metrics)
        self._vision = None
        if world.vision is not None:
            from ..middleware.guard_client.client import GuardClient  # noqa: PLC0415 - as above

            self._vision = GuardClient(world.vision, tier=Tier.VISION, tally=metrics)
        self._similarity = _similarity(world, metrics)
        share = settings.transformer_share / 100 / settings.workers
        self.panel = Panel(
            [
                tier
                for tier in (self._transformer, self._guard, self._vision, self._similarity)
                if tier is not None
            ],
            {Tier.TRANSFORMER: Budget(share, SAVED_SECONDS / settings.workers)},
            metrics,
        )

    def start(self) -> None:
        """Connect."""
        if self._transformer is not None:
            self._transformer.start()

    async def close(self) -> None:
        """Close every connection."""
        if self._transformer is not None:
            await self._transformer.close()
        for client in (self._guard, self._vision, self._similarity):
            if client is not None:
                await client.close()


def _similarity(world: World, metrics: PrometheusMetrics) -> "SimilarityClient | SimilarityTier | None":
    if Tier.SIMILARITY not in world.models:
        return None
    settings = world.settings.embeddings
    if world.embeddings is None or settings is None:
        from ..library.similarity_tier import SimilarityTier  # noqa: PLC0415 - few policies need it

        return SimilarityTier()
    from ..middleware.similarity.client import SimilarityClient  # noqa: PLC0415 - brings an HTTP library

    return SimilarityClient(world.embeddings, settings.near / 100, tally=metrics)
