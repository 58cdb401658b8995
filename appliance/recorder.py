"""The record of exchanges, between the data path and the database.

The data path hands entries over in memory and never waits; one task writes them in batches and
tries again, ever more slowly, while the database is away. What waits is bounded: when it is full
`accepting` turns false and new exchanges are refused, or (``count``) entries are dropped and
counted. An exchange that was accepted is never dropped under ``refuse``.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy.exc import DataError, IntegrityError

from ..detection.ports import AuditReader
from ..detection.types import AuditEntry, Principal
from .logging import log_event

OPEN = "open"
"""Outcome of an exchange that has begun and not ended."""

_POISON = (DataError, IntegrityError, TypeError, ValueError)
_POISON_STATES = ("22", "23")
"""Classes of SQLSTATE for data and constraints; asyncpg has no exception of its own for them."""
_LOG = logging.getLogger("sluicegate.recorder")


class AuditStore(AuditReader, Protocol):
    """Where entries end up. Writing one again replaces it, a closed one is never reopened."""

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        """Store a batch, all of it or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How the recorder works. Times are seconds."""

    capacity: int = 20_000
    batch: int = 200
    interval: float = 0.1
    first_retry: float = 0.1
    last_retry: float = 5.0


class Recorder:
    """An `AuditSink` and `AuditReader` over an `AuditStore`. One for each event loop.

    `closed` is told of every ended exchange, once, off the data path; `lost` how many entries were
    dropped, when some were.
    """

    def __init__(
        self,
        store: AuditStore,
        *,
        overflow: Literal["refuse", "count"] = "refuse",
        pace: Pace | None = None,
        closed: Callable[[AuditEntry], None] = lambda _: None,
        lost: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._drops = overflow == "count"
        self._pace = pace or Pace()
        self._tell_closed = closed
        self._tell_lost = lost
        self._waiting: dict[str, AuditEntry] = {}
        self._writing: dict[str, AuditEntry] = {}
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def accepting(self) -> bool:
        """Whether a new exchange may begin."""
        return self._drops or self.pending < self._pace.capacity

    @property
    def pending(self) -> int:
        """Entries that are not in the database yet."""
        return len(self._waiting) + len(self._writing)

    def opened(self, entry: AuditEntry) -> None:
        """Record that an exchange began."""
        self._put(entry)

    def closed(self, entry: AuditEntry) -> None:
        """Record how the exchange ended."""
        self._put(entry)

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        """Return the exchange if it belongs to the principal's application, else None."""
        entry = self._waiting.get(exchange_id) or self._writing.get(exchange_id)
        if entry is None:
            return await self._store.find(exchange_id, principal)
        theirs = (principal.tenant_id, principal.application_id)
        return entry if (entry.principal.tenant_id, entry.principal.application_id) == theirs else None

    async def run(self) -> None:
        """Write what comes in until `stop` was called and everything is written."""
        while not (self._stopping.is_set() and not self._waiting):
            await self._collect()
            await self._write(self._take())

    def stop(self) -> None:
        """Let `run` end once everything is written. Nothing may be recorded afterwards."""
        self._stopping.set()
        self._some.set()
        self._enough.set()

    def abandon(self) -> int:
        """Give up what is not written and return how much it was."""
        count = self.pending
        self._waiting.clear()
        self._writing.clear()
        self._lose(count)
        return count

    def _put(self, entry: AuditEntry) -> None:
        if self._drops and entry.exchange_id not in self._waiting and self.pending >= self._pace.capacity:
            self._lose(1)
            return
        self._waiting[entry.exchange_id] = entry
        self._some.set()
        if len(self._waiting) >= self._pace.batch:
            self._enough.set()

    async def _collect(self) -> None:
        """Wait until there is something, then a moment for more."""
        await self._some.wait()
        await _either(self._enough, self._pace.interval)

    def _take(self) -> dict[str, AuditEntry]:
        keys = list(self._waiting)[: self._pace.batch]
        batch = {key: self._waiting.pop(key) for key in keys}
        if not self._stopping.is_set():
            if len(self._waiting) < self._pace.batch:
                self._enough.clear()
            if not self._waiting:
                self._some.clear()
        return batch

    async def _write(self, batch: dict[str, AuditEntry]) -> None:
        """Write a batch however long it takes."""
        self._writing = batch
        for entry in batch.values():
            if entry.outcome != OPEN:
                self._tell_closed(entry)
        delay = self._pace.first_retry
        while self._writing and not await self._try():
            await _either(self._stopping, delay)
            if self._stopping.is_set():
                await asyncio.sleep(self._pace.first_retry)
            delay = min(delay * 2, self._pace.last_retry)
        self._writing = {}

    async def _try(self) -> bool:
        try:
            await self._store.write(list(self._writing.values()))
        except Exception as error:  # noqa: BLE001 - whatever a driver says when its database is away
            if _is_poison(error):
                return await self._try_singly()
            name = type(error).__name__
            log_event(_LOG, logging.ERROR, "audit_write_failed", error=name, pending=self.pending)
            return False
        return True

    async def _try_singly(self) -> bool:
        """Part the entries the database takes from those it never will."""
        for key, entry in list(self._writing.items()):
            try:
                await self._store.write([entry])
            except Exception as error:  # noqa: BLE001 - as above
                if not _is_poison(error):
                    return False
                name = type(error).__name__
                log_event(_LOG, logging.ERROR, "audit_entry_refused", error=name, request_id=key)
                self._lose(1)
            self._writing.pop(key, None)
        return True

    def _lose(self, count: int) -> None:
        if count:
            self._tell_lost(count)


def _is_poison(error: BaseException) -> bool:
    """Say whether the database will never take what it was given, however often it is asked."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, _POISON) or (isinstance(state, str) and state[:2] in _POISON_STATES)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
