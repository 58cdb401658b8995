"""The slow tiers of a worker: made when it starts to serve, closed when it ends."""

from ..detection.types import Tier
from ..library.budget import Budget
from ..library.panel import Panel
from ..middleware.metrics import PrometheusMetrics
from .model_client import ModelClient
from .world import World

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
        share = settings.transformer_share / 100 / settings.workers
        self.panel = Panel(
            [tier for tier in (self._transformer, self._guard, self._vision) if tier is not None],
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
        for guard in (self._guard, self._vision):
            if guard is not None:
                await guard.close()
