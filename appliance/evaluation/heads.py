"""Which labelled texts a family of findings is measured on.

A label is positive for the task of its own data set: an insult is, in a set about insults, and is no
prompt attack. So a positive row of another task is on neither side; how often it is flagged is shown on
its own.
"""

from collections.abc import Collection
from enum import StrEnum

from .rows import Row

_ATTACK = frozenset({"prompt_attack", "exfiltration", "code"})
_FAMILIES = {
    "injection_direct": _ATTACK,
    "injection_indirect": _ATTACK,
    "jailbreak": _ATTACK,
    "secret": frozenset({"secret"}),
    "pii": frozenset({"pii"}),
    "harmful_request": frozenset({"harmful"}),
    "harmful_response": frozenset({"harmful"}),
    "policy_violation": frozenset({"harmful"}),
    "toxicity": frozenset({"harmful"}),
}
"""Families that a category of the data sets is a task of; any other category is a task of all."""


class Side(StrEnum):
    """What a row is to the families that are measured."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    OTHER = "other"


def side(row: Row, families: Collection[str]) -> Side:
    """Return what a row is to these families; to all of them when none is named."""
    if not row.label:
        return Side.NEGATIVE
    meant = _FAMILIES.get(row.category)
    if meant is None or (families and not meant.isdisjoint(families)):
        return Side.POSITIVE
    return Side.OTHER if families or meant == {"harmful"} else Side.POSITIVE
