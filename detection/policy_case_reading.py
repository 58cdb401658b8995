"""The tests of a policy file."""

from typing import Any

from .errors import BadPolicy
from .policy import Policy
from .policy_case import LONGEST, MOST, Case, Expected
from .policy_reading import Changes, Table, words
from .types import Direction, Kind, Role


def read_cases(value: Any, policy: Policy, where: str) -> Changes:
    """Return the tests. Raises `BadPolicy`."""
    table = Table(value, f"{where}: tests")
    cases = [case for expected in Expected for case in _cases_of(expected, table)]
    table.done([expected.value for expected in Expected])
    if len(cases) > MOST:
        raise BadPolicy(f"{where}: tests: more than {MOST}")
    return {"cases": policy.cases + tuple(cases)}


def _cases_of(expected: Expected, table: Table) -> list[Case]:
    items = table.take(expected.value) if expected.value in table else []
    if not isinstance(items, list):
        raise table.fail(expected.value, "must be a list of texts or of tables with a text")
    return [
        _case(
            expected,
            Table(item if isinstance(item, dict) else {"text": item}, f"{table.where}: {expected} {number}"),
        )
        for number, item in enumerate(items, 1)
    ]


def _case(expected: Expected, table: Table) -> Case:
    given: Changes = {"text": table.text("text", LONGEST)}
    for key, kind in (("role", Role), ("kind", Kind), ("direction", Direction)):
        if key in table:
            given[key] = table.one_of(key, words(kind))
    if "name" in table:
        given["name"] = table.text("name", 200)
    if given.get("direction") is Direction.ANSWER:
        given.setdefault("role", Role.ASSISTANT)
    table.done(("text", "role", "kind", "direction", "name"))
    return Case(expected, **given)
