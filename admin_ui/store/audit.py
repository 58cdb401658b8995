"""The record of exchanges: written in batches, read one at a time."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from ...detection.types import AuditEntry, Principal
from ..models import DetectionResult
from .database import Database
from .entries import OPEN, from_row, to_row
from .scope import TenantScope
from .text import storable

ID_LENGTH = 64
"""Most characters of an exchange id."""

_KEPT = frozenset({"request_id", "tenant_id"})
"""Columns that a later entry of the same exchange does not change."""


class AuditLog:
    """Writes and finds audit entries. Implements `AuditReader`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        """Record a batch in one transaction: all of it or, on an error, nothing.

        Idempotent by exchange id, in any order: a closed entry replaces an open one and is never
        replaced itself. Raises SQLAlchemy's errors when the database is away; write it again then.
        """
        rows = [to_row(entry) for entry in _last_of_each(entries)]
        if not rows:
            return
        async with self._database.transaction() as session:
            connection = await session.connection()
            await connection.execute(self._upsert(rows[0]), rows)

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

    def _upsert(self, row: dict[str, Any]) -> Any:
        """The insert names no text column, so none can be filled; a tenant cannot replace another's."""
        insert = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
        statement = insert(DetectionResult)
        return statement.on_conflict_do_update(
            index_elements=["request_id"],
            set_={name: statement.excluded[name] for name in row if name not in _KEPT},
            where=(col(DetectionResult.outcome) == OPEN)
            & (col(DetectionResult.tenant_id) == statement.excluded.tenant_id),
        )


def _last_of_each(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """One entry an exchange: the first closed one, or else the last open one."""
    chosen: dict[str, AuditEntry] = {}
    for entry in entries:
        earlier = chosen.get(entry.exchange_id)
        if earlier is None or earlier.outcome == OPEN:
            chosen[entry.exchange_id] = entry
    return list(chosen.values())
