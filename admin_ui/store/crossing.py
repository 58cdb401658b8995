"""The few reads that cannot name a tenant, because they are what finds it, or are about all.

A person who signs in gives an e-mail address, a client a key; the snapshot that answers requests
holds every tenant's keys and bans; the audit chain runs through every tenant's exchanges. Nothing
here is ever shown to a person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.sql.dml import Update
from sqlmodel import col

from ..models import (
    ApiKey,
    Application,
    AuditChain,
    BanRecord,
    ControlRevision,
    DetectionResult,
    Tenant,
    User,
)
from .record import OPEN


def revision() -> Select[int]:
    """The number that changes whenever the snapshot does."""
    return select(col(ControlRevision.revision)).where(col(ControlRevision.id) == 1)


def bump() -> Update:
    """Count the revision up; belongs in the transaction of the change."""
    counted = col(ControlRevision.revision) + 1
    return update(ControlRevision).where(col(ControlRevision.id) == 1).values(revision=counted)


def tenant_named(name: str) -> Select[Tenant]:
    """The tenant of a name."""
    return select(Tenant).where(col(Tenant.name) == name)


def live_keys() -> Select[str, str, str, str, str]:
    """Every usable key: digest, key id, application id, application name, tenant id."""
    return (
        select(
            col(ApiKey.key_hash), col(ApiKey.id), col(Application.id), col(Application.name), col(Tenant.id)
        )
        .join(Application, col(Application.id) == col(ApiKey.application_id))
        .join(Tenant, col(Tenant.id) == col(Application.tenant_id))
        .where(col(ApiKey.tenant_id) == col(Application.tenant_id))
        .where(col(ApiKey.is_active), col(Application.is_active), col(Tenant.is_active))
    )


def live_bans(now: datetime) -> Select[BanRecord]:
    """Every ban in force at `now`."""
    return (
        select(BanRecord)
        .join(Tenant, col(Tenant.id) == col(BanRecord.tenant_id))
        .where(col(Tenant.is_active), in_force(now))
    )


def in_force(now: datetime) -> ColumnElement[bool]:
    """The condition that a ban holds at `now`."""
    endless: ColumnElement[bool] = col(BanRecord.ban_until).is_(None)
    return col(BanRecord.is_active) & or_(endless, col(BanRecord.ban_until) > now)


def key_of_digest(digest: str) -> Select[ApiKey, str]:
    """The key of a digest, whoever's it is, with its application's name."""
    return (
        select(ApiKey, col(Application.name))
        .join(Application, col(Application.id) == col(ApiKey.application_id))
        .where(col(ApiKey.key_hash) == digest)
    )


def user_of_email(email: str) -> Select[User]:
    """The person who signs in with this address, if that person's tenant is live."""
    live = select(col(Tenant.id)).where(col(Tenant.is_active))
    return select(User).where(col(User.email) == email, col(User.tenant_id).in_(live))


def lock() -> Select[int]:
    """Wait for every other change to finish, so that a change may read first and write then.

    SQLite's writers wait for each other already.
    """
    return revision().with_for_update()


def chain_head(*, lock: bool = False) -> Select[int, bytes, int, bytes, int | None]:
    """The head of the audit chain, and the highest number that an exchange has.

    With `lock` nobody else moves the head until the transaction ends.
    """
    highest = select(func.max(col(DetectionResult.chain_number))).scalar_subquery()
    head = select(
        col(AuditChain.number), col(AuditChain.digest), col(AuditChain.since), col(AuditChain.seal), highest
    ).where(col(AuditChain.id) == 1)
    return head.with_for_update() if lock else head


def move_chain(number: int, digest: bytes, seal: bytes) -> Update:
    """Set the head of the audit chain."""
    moved = update(AuditChain).where(col(AuditChain.id) == 1)
    return moved.values(number=number, digest=digest, seal=seal)


def chained(after: int, upto: int, most: int) -> Select[*tuple[Any, ...]]:
    """Entries of the audit chain in its order, with all their columns."""
    number: Any = col(DetectionResult.chain_number)
    columns = DetectionResult.__table__.columns  # type: ignore[attr-defined] # SQLModel does not declare it
    return select(*columns).where(number > after, number <= upto).order_by(number).limit(most)


def unchained(since: int) -> Select[str]:
    """Exchanges that are closed and not in the audit chain though it had begun."""
    return (
        select(col(DetectionResult.request_id))
        .where(col(DetectionResult.chain_number).is_(None), col(DetectionResult.outcome) != OPEN)
        .where(col(DetectionResult.id) > since)
        .limit(1)
    )


def outcomes(ids: Sequence[str]) -> Select[str, str, str]:
    """Id, tenant and outcome of those exchanges that are stored."""
    row = col(DetectionResult.request_id), col(DetectionResult.tenant_id), col(DetectionResult.outcome)
    return select(*row).where(row[0].in_(ids))
