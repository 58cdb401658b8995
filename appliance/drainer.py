"""Carries the record from the spool to the database: every exchange once, however things end.

One process drains a data directory. Nothing leaves the spool before the database has it, and what
is read again after a crash changes nothing there, so progress need not be remembered.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..admin_ui.store.audit import Stored
from ..admin_ui.store.record import Record
from ..detection.ports import AuditReader
from .drain_faults import is_poison
from .errors import ApplianceError
from .logging import log_event
from .spool_folder import DRAINER, prepare_folder, take_lock
from .spool_sources import Sources, sync

_LOG = logging.getLogger("sluicegate.drainer")


class AuditStore(AuditReader, Protocol):
    """Where records end up. Writing one again changes nothing; a closed one is never reopened."""

    async def write(self, records: Sequence[Record]) -> Sequence[Stored]:
        """Store a batch, all of it or nothing; return what is new, in order."""
        ...

    async def sync(self) -> None:
        """Return when what was stored would survive a power failure."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How the drainer works. Times are seconds."""

    batch: int = 2000
    interval: float = 0.25
    """Between two looks."""
    probe: float = 1.0
    """Between two looks whether a writer died."""
    open_after: float = 2.0
    """When an exchange that has not ended is stored as open."""
    first_retry: float = 0.1
    last_retry: float = 5.0
    fsync: float = 1.0
    """Between two times that the spool is made to survive a power failure; 0 for never."""


class Drainer:
    """Drains a spool folder into an `AuditStore`, in one task of one process.

    `publish` is told of everything that is stored, in order and once; `lost` how many entries
    were given up.
    """

    def __init__(
        self,
        folder: Path,
        store: AuditStore,
        *,
        pace: Pace | None = None,
        publish: Callable[[Sequence[Stored]], None] = lambda _: None,
        lost: Callable[[int], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._store = store
        self._pace = pace or Pace()
        self._publish = publish
        self._tell_lost = lost
        self._clock = clock
        self._sources = Sources(folder, lost)
        self._batch: dict[str, Record] = {}
        self._caught_up = clock()
        self._probe_at = 0.0
        self._stopping = asyncio.Event()
        self._kick = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def pending(self) -> int:
        """Records that are not in the database yet."""
        return len(self._batch) + self._sources.unread

    @property
    def spool_bytes(self) -> int:
        """Bytes that the spool takes on the disk."""
        return self._sources.bytes

    @property
    def lag_seconds(self) -> float:
        """How long ago everything was in the database; 0 when it is."""
        return self._clock() - self._caught_up if self._batch else 0.0

    def held(self, exchange_id: str) -> Record | None:
        """Return a record that was read and may not be stored yet."""
        return self._batch.get(exchange_id) or self._sources.held(exchange_id)

    async def catch_up(self) -> None:
        """Return when everything is stored that was recorded before the call."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._kick.set()
        await done

    async def run(self) -> None:
        """Drain until `stop` was called and nothing more is to be read.

        Raises `ApplianceError` when another process drains the folder or nobody can.
        """
        prepare_folder(self._folder)
        try:
            lock = take_lock(self._folder, DRAINER)
        except BlockingIOError as error:
            raise ApplianceError(f"{self._folder}: another process drains it already") from error
        except OSError as error:
            raise ApplianceError(f"{self._folder}: cannot be drained: {error.strerror}") from error
        syncing = asyncio.create_task(self._keep_synced())
        try:
            while await self._round() or not self._stopping.is_set():
                await self._pause()
        finally:
            syncing.cancel()
            self._sources.close()
            os.close(lock)

    def stop(self) -> None:
        """Let `run` end once everything that was recorded is stored."""
        self._stopping.set()
        self._kick.set()

    async def _pause(self) -> None:
        if not self._stopping.is_set():
            await _either(self._kick, self._pace.interval)

    async def _round(self) -> bool:
        """Store what there is; return whether there was something."""
        waiting, self._waiting = self._waiting, []
        self._kick.clear()
        self._look_around()
        moved = more = False
        while more or not moved:
            batch = self._sources.take(self._pace.batch, self._clock(), self._pace.open_after)
            more = self._sources.more
            if batch:
                await self._write(batch)
            elif not more:
                break
            moved = True
        await self._settle()
        self._caught_up = self._clock()
        for done in waiting:
            if not done.done():
                done.set_result(None)
        return moved

    def _look_around(self) -> None:
        now = self._clock()
        self._sources.discover(now)
        if now >= self._probe_at or self._stopping.is_set():
            self._probe_at = now + self._pace.probe
            self._sources.probe()

    async def _settle(self) -> None:
        """Let go of what is stored, once it would survive what the spool would."""
        if self._sources.settled:
            return
        durable = self._pace.fsync > 0
        if durable:
            await self._store.sync()
        self._sources.settle(durable=durable)

    async def _write(self, batch: list[Record]) -> None:
        """Store a batch however long it takes; of what the database never takes, only that is lost."""
        self._batch = {record.exchange_id: record for record in batch}
        delay = self._pace.first_retry
        parts = [batch]
        while parts:
            try:
                stored = await self._store.write(parts[-1])
            except Exception as error:  # noqa: BLE001 - whatever a driver says when its database is away
                if is_poison(error):
                    parts += self._parted(parts.pop(), error)
                    continue
                name = type(error).__name__
                log_event(_LOG, logging.ERROR, "audit_write_failed", error=name, pending=self.pending)
                await asyncio.sleep(delay)
                delay = min(delay * 2, self._pace.last_retry)
                continue
            parts.pop()
            self._publish(stored)
        self._batch = {}

    def _parted(self, part: list[Record], error: Exception) -> list[list[Record]]:
        """Halve what was refused, until it is one record: that is given up."""
        if len(part) > 1:
            half = len(part) // 2
            return [part[half:], part[:half]]
        name, request_id = type(error).__name__, part[0].exchange_id
        log_event(_LOG, logging.ERROR, "audit_entry_refused", error=name, request_id=request_id)
        self._tell_lost(1)
        return []

    async def _keep_synced(self) -> None:
        """Group what would otherwise be an fsync an exchange."""
        while self._pace.fsync > 0:
            await asyncio.sleep(self._pace.fsync)
            if paths := self._sources.unsynced():
                try:
                    await asyncio.to_thread(sync, self._folder, paths)
                except OSError as error:
                    log_event(_LOG, logging.ERROR, "spool_sync_failed", reason=error.strerror)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
