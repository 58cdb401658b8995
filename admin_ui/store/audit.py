"""The record of exchanges: written in batches, read one at a time."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import NamedTuple

from sqlalchemy import Connection
from sqlmodel import col

from ...detection.types import AuditEntry, Principal
from ..models import DetectionResult
from . import crossing
from .audit_sql import inserts
from .chain import continued, linked
from .database import Database
from .entries import Row, from_row, to_row
from .errors import DatabaseFault
from .record import OPEN, Record
from .scope import TenantScope
from .text import storable

ID_LENGTH = 64
"""Most characters of an exchange id."""


class Stored(NamedTuple):
    """A record that was written now, and its number in the audit chain: None while it is open."""

    number: int | None
    record: Record


class AuditLog:
    """Writes and finds audit entries. Implements `AuditReader`. `key` (32 bytes) is the chain's."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key

    async def write(self, records: Sequence[Record]) -> list[Stored]:
        """Record a batch in one transaction: all of it or, on an error, nothing.

        Idempotent by exchange id, in any order: a closed record replaces an open one and is never
        replaced itself. Returns what was not there before, in the order of the chain. Raises
        SQLAlchemy's errors when the database is away - write it again then - and `ValueError` or
        `LookupError` for what is no record.
        """
        batch = _last_of_each(records)
        if not batch:
            return []
        rows = [(to_row(record), record.outcome != OPEN) for record in batch]
        for known in (False, True):
            stored = await self._database.run(partial(self._insert, batch, rows, known), write=True)
            if stored is not None:
                return stored
        raise DatabaseFault("the record was changed by somebody else while it was written")

    async def sync(self) -> None:
        """Return when what was written would survive a power failure. PostgreSQL sees to it itself."""
        if self._database.dialect == "sqlite":
            await asyncio.to_thread(_sync_file, f"{self._database.url.database}-wal")

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        """Return the exchange if it belongs to the principal's application, else None."""
        scope = TenantScope(principal.tenant_id)
        query = scope.select(DetectionResult).where(
            col(DetectionResult.request_id) == storable(exchange_id, ID_LENGTH),
            col(DetectionResult.application_id) == principal.application_id,
        )
        async with self._database.session() as session:
            row = await session.scalar(query)
        return None if row is None else from_row(row)

    def _insert(
        self, batch: list[Record], rows: list[tuple[Row, bool]], known: bool, connection: Connection
    ) -> list[Stored] | None:
        """Insert and return what is new. None, with nothing written, when some of it is not.

        To look first costs every batch, to insert and count costs none: so `known` ones are only
        looked for when the count was wrong, which is after a crash.
        """
        head = continued(self._key, *connection.execute(crossing.chain_head(lock=True)).one())
        if known:
            settled = _settled(connection, batch)
            pairs = [pair for pair in zip(batch, rows, strict=True) if pair[0].exchange_id not in settled]
            batch, rows = [record for record, _ in pairs], [row for _, row in pairs]
        made, new_head = linked(self._key, head, rows)
        if made:
            told = inserts(self._database.dialect, made)
            stored = sum(connection.exec_driver_sql(statement, given).rowcount for statement, given in told)
            if stored != len(made):
                connection.rollback()
                return None
        if new_head.number != head.number:
            seal = new_head.seal(self._key)
            connection.execute(crossing.move_chain(new_head.number, new_head.digest, seal))
        numbers = count(head.number + 1)
        return [Stored(next(numbers) if record.outcome != OPEN else None, record) for record in batch]


def _settled(connection: Connection, batch: list[Record]) -> set[str]:
    """Return the ids that a record of the batch cannot change: closed ones and other tenants'."""
    tenants = {record.exchange_id: record.tenant_id for record in batch}
    opened = {record.exchange_id for record in batch if record.outcome == OPEN}
    rows = connection.execute(crossing.outcomes(list(tenants)))
    return {
        exchange_id
        for exchange_id, tenant, outcome in rows
        if outcome != OPEN or tenant != tenants[exchange_id] or exchange_id in opened
    }


def _last_of_each(records: Iterable[Record]) -> list[Record]:
    """One record an exchange: the first closed one, or else the last open one."""
    chosen: dict[str, Record] = {}
    for record in records:
        earlier = chosen.get(record.exchange_id)
        if earlier is None or earlier.outcome == OPEN:
            chosen[record.exchange_id] = record
    return list(chosen.values())


def _sync_file(path: str) -> None:
    # No such file: everything is in the database itself, which a checkpoint has synced.
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
