"""Keeps the directory's snapshot fresh: what was revoked or banned elsewhere counts here, too."""

import asyncio
import logging
from typing import Protocol

from ..detection.ports import Clock
from .logging import log_event

INTERVAL = 0.5
"""Seconds between two looks; a revoked key dies within a second."""
STALE = 5.0
"""Seconds without a successful look after which the database counts as away."""

_LOG = logging.getLogger("sluicegate.refresher")


class Refreshable(Protocol):
    """A snapshot of something that changes elsewhere."""

    async def refresh(self) -> bool:
        """Load again if anything changed; return whether it did."""
        ...


class Refresher:
    """Looks for changes for ever. While the database is away the last snapshot stays in force."""

    def __init__(self, directory: Refreshable, clock: Clock, *, interval: float = INTERVAL) -> None:
        self._directory = directory
        self._clock = clock
        self._interval = interval
        self._seen = clock.monotonic()
        self._failing = False

    @property
    def fresh(self) -> bool:
        """Whether the database answered lately."""
        return self._clock.monotonic() - self._seen < STALE

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            await self.look()

    async def look(self) -> None:
        """Look once."""
        try:
            await self._directory.refresh()
        except Exception as error:  # noqa: BLE001 - whatever a driver says when its database is away
            self._tell(type(error).__name__)
        else:
            self._seen = self._clock.monotonic()
            self._tell(None)

    def _tell(self, error: str | None) -> None:
        """Log when the database goes away and when it is back, not twice a second."""
        if self._failing == (error is not None):
            return
        self._failing = error is not None
        if error is not None:
            log_event(_LOG, logging.ERROR, "database_away", error=error)
        else:
            log_event(_LOG, logging.WARNING, "database_back")
