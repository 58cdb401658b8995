"""The number that tells every process whether its snapshot is still good."""

from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field

from .table import Table


class ControlRevision(Table, table=True):
    """One row, id 1. Counted up in the same transaction as every change a request could notice."""

    __tablename__: ClassVar[str] = "control_revision"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    revision: int = Field(default=0, sa_type=BigInteger, nullable=False)
