"""A ban: a refusal of service for one address, key or application."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Text
from sqlmodel import Field

from .columns import UtcDateTime
from .table import ID_LENGTH, Dated, TenantOwned, new_id, utc_now


class BanRecord(TenantOwned, Dated, table=True):
    """One ban. `ban_until` None means for ever; a lifted ban stays, with `is_active` false."""

    __tablename__: ClassVar[str] = "ban_records"
    __table_args__: ClassVar[Any] = (Index(None, "tenant_id", "kind", "value", "ban_until"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    tenant_id: str = Field(foreign_key="tenants.id", ondelete="CASCADE", max_length=ID_LENGTH)
    kind: str = Field(max_length=20)
    value: str = Field(max_length=255)
    reason: str = Field(default="", sa_type=Text)
    banned_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime, nullable=False)
    ban_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_active: bool = True
