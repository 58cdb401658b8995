"""The record of one exchange."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ColumnElement, Index, LargeBinary, Text, literal_column
from sqlmodel import Field

from .columns import BIG_ID, JSON_VALUE, UtcDateTime
from .table import ID_LENGTH, TenantOwned

ACTED: ColumnElement[bool] = literal_column("action <> 'pass'")
"""A query by action says this in the same words, so that both databases see the index fits."""


class DetectionResult(TenantOwned, table=True):
    """What happened to one exchange and why - never what it said.

    The text columns exist because readers of this table expect them; they stay NULL. The ids have
    no foreign keys: a record outlives the application and the key it is about.
    """

    __tablename__: ClassVar[str] = "detection_results"
    __table_args__: ClassVar[Any] = (
        # Newest first is the same index read backwards, and both databases can reflect it. Every
        # index costs every exchange, so: the last day is counted from the first alone, an
        # application has one tenant, and most exchanges pass and need not be found by that.
        Index(None, "tenant_id", "created_at", "action"),
        Index(None, "application_id", "created_at"),
        Index(None, "chain_number", unique=True),
        Index(None, "tenant_id", "action", "created_at", sqlite_where=ACTED, postgresql_where=ACTED),
    )

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    request_id: str = Field(max_length=64, unique=True)
    application_id: str = Field(max_length=ID_LENGTH)
    application: str = Field(max_length=100)
    key_id: str = Field(max_length=ID_LENGTH)
    created_at: datetime = Field(sa_type=UtcDateTime, nullable=False)

    action: str = Field(max_length=20)
    suggest_action: str = Field(max_length=20)
    security_risk_level: str = Field(default="no_risk", max_length=20)
    security_categories: list[str] = Field(default_factory=list, sa_column=Column(JSON_VALUE, nullable=False))
    compliance_risk_level: str = Field(default="no_risk", max_length=20)
    compliance_categories: list[str] = Field(
        default_factory=list, sa_column=Column(JSON_VALUE, nullable=False)
    )
    data_risk_level: str = Field(default="no_risk", max_length=20)
    data_categories: list[str] = Field(default_factory=list, sa_column=Column(JSON_VALUE, nullable=False))

    face: str = Field(max_length=40)
    dialect: str = Field(max_length=40)
    model: str = Field(max_length=200)
    upstream: str = Field(max_length=100)
    method: str = Field(max_length=16)
    path: str = Field(max_length=500)
    status: int
    outcome: str = Field(max_length=20)
    streamed: bool
    policy: str = Field(max_length=64)
    tier: int
    prompt_verdict: dict[str, Any] | list[Any] = Field(sa_column=Column(JSON_VALUE, nullable=False))
    answer_verdict: dict[str, Any] | list[Any] | None = Field(default=None, sa_column=Column(JSON_VALUE))
    guard_ms: float
    upstream_ms: float
    ip_address: str = Field(max_length=45)

    content: str | None = Field(default=None, sa_type=Text)
    original_content: str | None = Field(default=None, sa_type=Text)
    suggest_answer: str | None = Field(default=None, sa_type=Text)
    hit_keywords: str | None = Field(default=None, sa_type=Text)
    model_response: str | None = Field(default=None, sa_type=Text)

    chain_number: int | None = Field(default=None, sa_type=BigInteger)
    chain_digest: bytes | None = Field(default=None, sa_type=LargeBinary)
