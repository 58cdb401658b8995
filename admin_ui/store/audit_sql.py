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
    "place": "bigint",
}
"""What PostgreSQL takes a column's values as; all others are text."""
_JSON = frozenset(name for name in COLUMNS if name.endswith(("_categories", "_verdict")))
_TIME = COLUMNS.index("created_at")
_TOGETHER = 64
"""Rows of one statement on SQLite: a row is stored for a quarter less than alone or with seven others."""
_SHARED = slice(COLUMNS.index("tenant_id"), COLUMNS.index("data_categories") + 1)
"""Columns that most rows of a batch have in common: who asked whom, by what, and what came of it."""
_IN_COMMON = _ALL[_SHARED]
_OWN = (*_ALL[: _SHARED.start], *_ALL[_SHARED.stop :])


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
    """Return rows as PostgreSQL takes them: column by column, what several have in common once.

    Most of what the driver does for a row it does for each value.
    """
    places: dict[Row, int] = {}
    which = [places.setdefault(row[_SHARED], len(places) + 1) for row in rows]
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    columns[_TIME] = [datetime.fromisoformat(f"{text}+00:00") for text in columns[_TIME]]
    own = (*columns[: _SHARED.start], *columns[_SHARED.stop :], which)
    return tuple(list(column) for column in (*own, *zip(*places, strict=True)))


def _unnested() -> str:
    """Return rows made of columns: each row's own values, and its place among those in common."""
    own = (*_OWN, "place")
    taken = [f"${index}::{_ARRAYS.get(name, 'text')}[]" for index, name in enumerate((*own, *_IN_COMMON), 1)]
    given = ", ".join(f"{name}::jsonb" if name in _JSON else name for name in _ALL)
    rows = f"unnest({', '.join(taken[: len(own)])}) AS own ({', '.join(own)})"
    shared = f"unnest({', '.join(taken[len(own) :])}) WITH ORDINALITY"
    common = f"{shared} AS shared ({', '.join(_IN_COMMON)}, place)"
    return f"SELECT {given} FROM {rows} JOIN {common} USING (place)"  # noqa: S608 - our own words
