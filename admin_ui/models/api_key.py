"""An API key, known only by its keyed hash."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from .columns import UtcDateTime
from .table import ID_LENGTH, Dated, TenantOwned, new_id


class ApiKey(TenantOwned, Dated, table=True):
    """One key of an application.

    `key_hash` is HMAC-SHA256 of the key under the appliance's pepper, in hexadecimal; `prefix` is
    the few characters a person needs to tell keys apart. The key itself is never stored.
    """

    __tablename__: ClassVar[str] = "api_keys"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    tenant_id: str = Field(foreign_key="tenants.id", ondelete="CASCADE", max_length=ID_LENGTH, index=True)
    application_id: str = Field(
        foreign_key="applications.id", ondelete="CASCADE", max_length=ID_LENGTH, index=True
    )
    key_hash: str = Field(max_length=64, unique=True)
    prefix: str = Field(max_length=16)
    is_active: bool = True
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
