"""What every table shares: one metadata with predictable names, ids and times."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from .columns import UtcDateTime

ID_LENGTH = 36
"""Characters of an id: a UUID in its usual spelling."""

_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}


def new_id() -> str:
    """Return a fresh random id."""
    return str(uuid4())


def utc_now() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


class Table(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """Base of the tables. Its metadata holds the house's tables and nobody else's."""


class TenantOwned(Table):
    """A row that belongs to one tenant: reached through `store.scope` only."""

    tenant_id: str = Field(max_length=ID_LENGTH)


class Dated(Table):
    """A row that knows when it was made and last changed."""

    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime, nullable=False)
    updated_at: datetime = Field(
        default_factory=utc_now,
        sa_type=UtcDateTime,
        nullable=False,
        sa_column_kwargs={"onupdate": utc_now},
    )
