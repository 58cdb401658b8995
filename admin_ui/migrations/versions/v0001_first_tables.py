"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=null)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(36), primary_key=True)


def _owner(target: str, name: str) -> sa.Column[str]:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(name, sa.String(36), key, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _times() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
    )


def upgrade() -> None:
    """Make every table."""
    _people()
    _access()
    _record()
    revision_table = op.create_table(
        "control_revision",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(revision_table, [{"id": 1, "revision": 0}])


def _people() -> None:
    op.create_table(
        "tenants",
        _id(),
        _text("name", 100),
        _flag("is_active"),
        *_times(),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "users",
        _id(),
        _owner("tenants.id", "tenant_id"),
        _text("email", 255),
        _text("password_hash", 255),
        _flag("is_active"),
        sa.Column("last_login_at", _TIME),
        sa.Column("sessions_ended_at", _TIME),
        *_times(),
        sa.UniqueConstraint("email"),
    )
    op.create_index(None, "users", ["tenant_id"])


def _access() -> None:
    op.create_table(
        "applications",
        _id(),
        _owner("tenants.id", "tenant_id"),
        _text("name", 100),
        sa.Column("description", sa.Text()),
        _flag("is_active"),
        _text("source", 32),
        _text("external_id", 255, null=True),
        *_times(),
        sa.UniqueConstraint("tenant_id", "name"),
    )
    op.create_table(
        "api_keys",
        _id(),
        _owner("tenants.id", "tenant_id"),
        _owner("applications.id", "application_id"),
        _text("key_hash", 64),
        _text("prefix", 16),
        _flag("is_active"),
        sa.Column("revoked_at", _TIME),
        *_times(),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_index(None, "api_keys", ["tenant_id"])
    op.create_index(None, "api_keys", ["application_id"])
    op.create_table(
        "ban_records",
        _id(),
        _owner("tenants.id", "tenant_id"),
        _text("kind", 20),
        _text("value", 255),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("banned_at", _TIME, nullable=False),
        sa.Column("ban_until", _TIME),
        _flag("is_active"),
        *_times(),
    )
    op.create_index(None, "ban_records", ["tenant_id", "kind", "value", "ban_until"])


def _record() -> None:
    op.create_table(
        "detection_results",
        sa.Column("id", _BIG_ID, primary_key=True, autoincrement=True),
        _text("request_id", 64),
        _text("tenant_id", 36),
        _text("application_id", 36),
        _text("application", 100),
        _text("key_id", 36),
        sa.Column("created_at", _TIME, nullable=False),
        _text("action", 20),
        _text("suggest_action", 20),
        *_risks(),
        *_exchange(),
        *[sa.Column(name, sa.Text()) for name in _UNFILLED],
        sa.UniqueConstraint("request_id"),
    )
    for columns in (["created_at"], ["application_id", "created_at"], ["action", "created_at"]):
        op.create_index(None, "detection_results", ["tenant_id", *columns])


_UNFILLED = ("content", "original_content", "suggest_answer", "hit_keywords", "model_response")


def _risks() -> list[sa.Column[object]]:
    columns: list[sa.Column[object]] = []
    for family in ("security", "compliance", "data"):
        columns.append(sa.Column(f"{family}_risk_level", sa.String(20), nullable=False))
        columns.append(sa.Column(f"{family}_categories", _JSON, nullable=False))
    return columns


def _exchange() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("face", sa.String(40), nullable=False),
        sa.Column("dialect", sa.String(40), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("upstream", sa.String(100), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("streamed", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("prompt_verdict", _JSON, nullable=False),
        sa.Column("answer_verdict", _JSON),
        sa.Column("guard_ms", sa.Float(), nullable=False),
        sa.Column("upstream_ms", sa.Float(), nullable=False),
        sa.Column("ip_address", sa.String(45), nullable=False),
    )


def downgrade() -> None:
    """Drop every table."""
    for table in (
        "control_revision",
        "detection_results",
        "ban_records",
        "api_keys",
        "applications",
        "users",
        "tenants",
    ):
        op.drop_table(table)
