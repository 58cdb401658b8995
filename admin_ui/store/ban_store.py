"""Bans: refusals of service, made and lifted by hand."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from sqlalchemy import ColumnElement
from sqlmodel import col

from ...detection.types import Ban
from ..models import ApiKey, Application, BanRecord
from ..models.table import ID_LENGTH, utc_now
from .change import changing, noticed
from .crossing import in_force
from .database import Database
from .errors import ControlError
from .scope import TenantScope
from .text import storable

_OWNED: dict[str, type[ApiKey] | type[Application]] = {"key": ApiKey, "application": Application}
"""Kinds whose value is the id of a row of the tenant."""

KINDS = ("ip", *_OWNED)
"""What a ban can be on: an address, a key id, an application id."""

_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class BanRow:
    """A ban in force, with the id that lifts it."""

    ban_id: str
    ban: Ban
    banned_at: datetime
    ban_until: datetime | None


class BanStore:
    """Makes, lists and lifts bans within a tenant's scope. See `Control` for the contracts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: TenantScope, ban: Ban) -> BanRow:
        """Put a ban in force in place of an earlier one on the same subject."""
        value = await self._subject(scope, ban.kind, ban.value)
        record = BanRecord(
            tenant_id=scope.tenant_id,
            kind=ban.kind,
            value=value,
            reason=_reason(ban.reason),
            ban_until=_until(ban.until),
        )
        async with changing(self._database) as session:
            await session.execute(scope.update(BanRecord).where(_on(ban.kind, value)).values(is_active=False))
            session.add(record)
            await noticed(session)
        return _row(record)

    async def remove(self, scope: TenantScope, kind: str, value: str) -> bool:
        """Lift what is in force on a subject."""
        return await self._lift(scope, _on(kind, address(value) if kind == "ip" else value))

    async def lift(self, scope: TenantScope, ban_id: str) -> bool:
        """Lift one ban by its id."""
        return await self._lift(scope, col(BanRecord.id) == storable(ban_id, ID_LENGTH))

    async def list(self, scope: TenantScope) -> list[BanRow]:
        """Return the bans in force, newest first."""
        query = scope.select(BanRecord).where(in_force(utc_now()))
        async with self._database.session() as session:
            rows = await session.scalars(query.order_by(col(BanRecord.banned_at).desc(), col(BanRecord.id)))
            return [_row(row) for row in rows]

    async def _lift(self, scope: TenantScope, which: ColumnElement[bool]) -> bool:
        async with changing(self._database) as session:
            chosen = scope.select(BanRecord).where(which, in_force(utc_now()))
            rows = (await session.scalars(chosen)).all()
            for row in rows:
                row.is_active = False
            if rows:
                await noticed(session)
            return bool(rows)

    async def _subject(self, scope: TenantScope, kind: str, value: str) -> str:
        """Return the value as it is stored; a key or application must be the tenant's own."""
        if kind == "ip":
            return address(value)
        if kind not in _OWNED:
            raise ControlError(f"a ban is on one of {', '.join(KINDS)}", code="bad_ban")
        model = _OWNED[kind]
        async with self._database.session() as session:
            owned = await session.scalar(scope.count(model, col(model.id) == storable(value, ID_LENGTH)))
        if not owned:
            raise ControlError(f"there is no {kind} with this id", code="not_found")
        return value


def address(value: str) -> str:
    """Return an IP address in its one canonical spelling; an IPv4 one inside IPv6 as IPv4.

    Raises `ControlError` `bad_ban`.
    """
    try:
        parsed = ip_address(value.strip())
    except ValueError:
        raise ControlError("this is not an IP address", code="bad_ban") from None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def to_ban(record: BanRecord) -> Ban:
    """Return a record as the noun that requests are judged by."""
    until = None if record.ban_until is None else record.ban_until.timestamp()
    return Ban(record.kind, record.value, record.reason, until)


def _on(kind: str, value: str) -> ColumnElement[bool]:
    same_value = col(BanRecord.value) == storable(value, ID_LENGTH)
    return (col(BanRecord.kind) == storable(kind, ID_LENGTH)) & same_value


def _row(record: BanRecord) -> BanRow:
    return BanRow(record.id, to_ban(record), record.banned_at, record.ban_until)


def _reason(given: str) -> str:
    if len(given) > _REASON_LENGTH:
        raise ControlError(f"a reason has at most {_REASON_LENGTH} characters", code="bad_ban")
    return storable(given.strip(), _REASON_LENGTH)


def _until(given: float | None) -> datetime | None:
    if given is None:
        return None
    try:
        until = datetime.fromtimestamp(given, UTC)
    except (ValueError, OverflowError, OSError):
        raise ControlError("this is not a time a ban can end", code="bad_ban") from None
    if not math.isfinite(given) or until <= utc_now():
        raise ControlError("a ban ends in the future", code="bad_ban")
    return until
