"""The audit chain, and fewer columns in the indexes of the record."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLE = "detection_results"
_ACTED = sa.text("action <> 'pass'")
_OLD = (["tenant_id", "created_at"], ["tenant_id", "application_id", "created_at"])
_NEW = (["tenant_id", "created_at", "action"], ["application_id", "created_at"])
_NUMBER = ["chain_number"]
_BY_ACTION = ["tenant_id", "action", "created_at"]


def upgrade() -> None:
    """Add the chain; entries that are there already stay outside it."""
    chain = op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
    )
    newest = op.get_bind().scalar(sa.text(f"SELECT max(id) FROM {_TABLE}"))  # noqa: S608 - our own word
    op.bulk_insert(chain, [{"id": 1, "number": 0, "digest": b"", "since": newest or 0, "seal": b""}])
    _reindex(_OLD, _NEW)
    op.add_column(_TABLE, sa.Column("chain_number", sa.BigInteger()))
    op.add_column(_TABLE, sa.Column("chain_digest", sa.LargeBinary()))
    op.create_index(None, _TABLE, _NUMBER, unique=True)
    op.create_index(None, _TABLE, _BY_ACTION, sqlite_where=_ACTED, postgresql_where=_ACTED)


def downgrade() -> None:
    """Forget the chain."""
    op.drop_index(_name(_BY_ACTION), _TABLE)
    for columns in (*_NEW, _NUMBER):
        op.drop_index(_name(columns), _TABLE)
    op.drop_column(_TABLE, "chain_number")
    op.drop_column(_TABLE, "chain_digest")
    op.drop_table("audit_chain")
    for columns in (*_OLD, _BY_ACTION):
        op.create_index(None, _TABLE, columns)


def _reindex(old: tuple[list[str], ...], new: tuple[list[str], ...]) -> None:
    for columns in (*old, _BY_ACTION):
        op.drop_index(_name(columns), _TABLE)
    for columns in new:
        op.create_index(None, _TABLE, columns)


def _name(columns: list[str]) -> str:
    return "_".join(("ix", _TABLE, *columns))
