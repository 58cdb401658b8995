"""The statement that stores a batch of exchanges, in each database's fastest way.

SQLAlchemy compiles and converts every row of an insert, which costs more than storing it; this
hands the driver what it wants. It names no text column, so none can be filled.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

from .entries import COLUMNS, Row
from .record import OPEN

_ALL = (*COLUMNS, "chain_number", "chain_digest")
_KEPT = frozenset({"request_id", "tenant_id"})
"""Columns that a later record of the same exchange does not change."""

_ARRAYS = {
    "status": "bigint",
    "streamed": "boolean",
    "created_at": "timestamptz",
    "guard_ms": "float8",
    "upstream_ms": "float8",
    "tier": "bigint",
    "chain_number": "bigint",
    "chain_digest": "bytea",
}
"""What PostgreSQL takes a column's values as; all others are text."""
_JSON = frozenset(name for name in COLUMNS if name.endswith(("_categories", "_verdict")))
_TIME = _ALL.index("created_at")
_TOGETHER = 8
"""Rows of one statement on SQLite: to begin and end one costs a fifth of what a row does."""


def inserts(dialect: str, rows: Sequence[Row]) -> list[tuple[str, Any]]:
    """Return statements that store rows of `entries.COLUMNS` and the chain's two, with what each is given."""
    if dialect == "postgresql":
        return [(_statement(dialect, 1), _columns(rows))]
    many = len(rows) - len(rows) % _TOGETHER
    groups = [tuple(chain.from_iterable(rows[at : at + _TOGETHER])) for at in range(0, many, _TOGETHER)]
    parts = ((groups, _TOGETHER), (list(rows[many:]), 1))
    return [(_statement(dialect, count), part) for part, count in parts if part]


@cache
def _statement(dialect: str, count: int) -> str:
    """Return the insert for so many rows.

    A closed record replaces an open one of the same tenant, nothing replaces a closed one: such a
    row is not counted.
    """
    changed = ", ".join(f"{name} = excluded.{name}" for name in _ALL if name not in _KEPT)
    row = f"({', '.join('?' for _ in _ALL)})"
    source = _unnested() if dialect == "postgresql" else f"VALUES {', '.join([row] * count)}"
    return (
        f"INSERT INTO detection_results ({', '.join(_ALL)}) {source} "
        f"ON CONFLICT (request_id) DO UPDATE SET {changed} "
        f"WHERE detection_results.outcome = '{OPEN}' AND detection_results.tenant_id = excluded.tenant_id"
    )


def _columns(rows: Sequence[Row]) -> Any:
    """Return rows as PostgreSQL takes them: column by column."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    columns[_TIME] = [datetime.fromisoformat(f"{text}+00:00") for text in columns[_TIME]]
    return tuple(list(column) for column in columns)


def _unnested() -> str:
    taken = ", ".join(f"${index}::{_ARRAYS.get(name, 'text')}[]" for index, name in enumerate(_ALL, start=1))
    given = ", ".join(f"{name}::jsonb" if name in _JSON else name for name in _ALL)
    return f"SELECT {given} FROM unnest({taken}) AS given ({', '.join(_ALL)})"  # noqa: S608 - our own words
