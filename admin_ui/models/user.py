"""A person who may sign in to the web admin."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from .columns import UtcDateTime
from .table import ID_LENGTH, Dated, TenantOwned, new_id


class User(TenantOwned, Dated, table=True):
    """One administrator of one tenant. `email` is stored folded; the password as an argon2 hash.

    Sessions begun before `sessions_ended_at` are over.
    """

    __tablename__: ClassVar[str] = "users"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    tenant_id: str = Field(foreign_key="tenants.id", ondelete="CASCADE", max_length=ID_LENGTH, index=True)
    email: str = Field(max_length=255, unique=True)
    password_hash: str = Field(max_length=255)
    is_active: bool = True
    last_login_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sessions_ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
