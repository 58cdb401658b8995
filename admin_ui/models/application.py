"""An application: what a key speaks for and a policy applies to."""

from typing import Any, ClassVar

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field

from .table import ID_LENGTH, Dated, TenantOwned, new_id


class Application(TenantOwned, Dated, table=True):
    """One application of a tenant; its name is unique within the tenant only."""

    __tablename__: ClassVar[str] = "applications"
    __table_args__: ClassVar[Any] = (UniqueConstraint("tenant_id", "name"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    tenant_id: str = Field(foreign_key="tenants.id", ondelete="CASCADE", max_length=ID_LENGTH)
    name: str = Field(max_length=100)
    description: str | None = Field(default=None, sa_type=Text)
    is_active: bool = True
    source: str = Field(default="manual", max_length=32)
    external_id: str | None = Field(default=None, max_length=255)
