"""Where the audit chain ends."""

from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field

from .table import Table


class AuditChain(Table, table=True):
    """One row, id 1: number and digest of the newest entry, under a seal. See `store.chain`.

    Changed in the same transaction as the entries, which also keeps two writers apart.
    """

    __tablename__: ClassVar[str] = "audit_chain"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(default=0, sa_type=BigInteger, nullable=False)
    digest: bytes = Field(default=b"", nullable=False)
    since: int = Field(default=0, sa_type=BigInteger, nullable=False)
    seal: bytes = Field(default=b"", nullable=False)
