"""Looks exchanges up, also those that are on their way to the database."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..admin_ui.store.record import OPEN
from ..detection.ports import AuditReader
from ..detection.types import AuditEntry, Principal
from .drainer import Drainer

FRESH_SECONDS = 60.0
"""Exchanges begun no longer ago may be on their way."""
_PATIENCE_SECONDS = 2.0


def settled(drainer: Drainer) -> Callable[[], Awaitable[None]]:
    """Return what waits until the database holds what was recorded, but no longer than seconds."""

    async def settle() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await drainer.catch_up()

    return settle


class AuditFinder:
    """An `AuditReader` over the database and what the drainer has not stored yet."""

    def __init__(self, drainer: Drainer, store: AuditReader, clock: Callable[[], float] = time.time) -> None:
        self._drainer = drainer
        self._store = store
        self._clock = clock

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        """Return the exchange if it belongs to the principal's application, else None.

        What was recorded before the call is found, unless the database takes longer than seconds.
        """
        entry = await self._look(exchange_id, principal)
        running = entry is not None and entry.outcome == OPEN
        if not running and (entry is not None or not self._is_fresh(exchange_id)):
            return entry
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._drainer.catch_up()
        except TimeoutError:
            return entry
        return await self._look(exchange_id, principal)

    async def _look(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        record = self._drainer.held(exchange_id)
        if record is None:
            return await self._store.find(exchange_id, principal)
        owner = (record.tenant_id, record.setting.application_id)
        return record.entry() if owner == (principal.tenant_id, principal.application_id) else None

    def _is_fresh(self, exchange_id: str) -> bool:
        """Read the time in a UUID of version 7; anything else is no exchange of ours."""
        try:
            begun = (uuid.UUID(exchange_id).int >> 80) / 1000
        except ValueError:
            return False
        return abs(self._clock() - begun) < FRESH_SECONDS
