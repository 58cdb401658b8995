"""A tenant: the organisation that everything else belongs to."""

from typing import ClassVar

from sqlmodel import Field

from .table import ID_LENGTH, Dated, new_id


class Tenant(Dated, table=True):
    """One organisation. No query crosses from one tenant to another."""

    __tablename__: ClassVar[str] = "tenants"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    name: str = Field(max_length=100, unique=True)
    is_active: bool = True
