"""The clauses of a policy file: what is done about what."""

import re
from typing import Any

from .errors import BadPolicy
from .methods import read_method
from .policy import Clause, Policy
from .policy_reading import Changes, Table, attempt, tables, words
from .rules import FAMILIES
from .types import Action, Direction, Kind, Level, Role

MOST_CLAUSES = 500

_CATEGORY = re.compile(r"[a-z]+(?:_[a-z]+)*(?:\.[a-z0-9_]+)*")
_FAMILIES = (*FAMILIES, "placeholder", "topic")
_EDITS = (Action.MASK, Action.REPLACE)
_KEYS = (
    "action", "category", "level", "direction", "role", "kind", "known", "scanner", "rule", "method",
)  # fmt: skip


def category(table: Table, key: str, name: str) -> str:
    """Return a category. Raises `BadPolicy` for a misspelt family, which would never fit anything."""
    if not _CATEGORY.fullmatch(name) or name.partition(".")[0] not in _FAMILIES:
        raise table.fail(key, f"{name!r} is no category; they begin with one of {', '.join(_FAMILIES)}")
    return name


def read_clauses(value: Any, policy: Policy, where: str) -> Changes:
    """Put the clauses of a file before those there are. Raises `BadPolicy`."""
    own = tuple(_clause(table) for table in tables(value, f"{where}: clause"))
    if len(own) + len(policy.clauses) > MOST_CLAUSES:
        raise BadPolicy(f"{where}: more than {MOST_CLAUSES} clauses")
    return {"clauses": own + policy.clauses}


def _clause(table: Table) -> Clause:
    given: Changes = {"action": table.one_of("action", words(Action))}
    if "category" in table:
        given["category"] = tuple(category(table, "category", item) for item in table.texts("category"))
    if "level" in table:
        given["level"] = table.one_of("level", words(Level))
    if "direction" in table:
        given["direction"] = table.one_of("direction", words(Direction))
    for key, kind in (("role", Role), ("kind", Kind)):
        if key in table:
            given[key] = table.several(key, words(kind))
    if "known" in table:
        given["known"] = table.flag("known")
    for key in ("scanner", "rule"):
        if key in table:
            given[key] = table.texts(key)
    if "method" in table:
        given["method"] = attempt(table, "method", lambda: read_method(table.take("method")))
    table.done(_KEYS)
    return _checked(Clause(**given), table)


def _checked(clause: Clause, table: Table) -> Clause:
    if clause.method is not None and clause.action not in _EDITS:
        raise table.fail("method", "goes with the actions mask and replace only")
    if clause.method is not None and clause.method.name == "placeholder" and clause.action is not Action.MASK:
        raise table.fail("method", "a placeholder goes with the action mask only")
    return clause
