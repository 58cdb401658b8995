"""What an exchange came to, in the words that readers of `detection_results` expect."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...detection.types import Action, Level

_FAMILIES = {
    "prompt_attack": "security",
    "code": "security",
    "secret": "data",
    "pii": "data",
    "exfiltration": "data",
    "leak": "data",
}
"""Everything else is compliance."""
_NEITHER = frozenset({"placeholder"})
"""Families that record what was noticed about our own tokens, not a risk of the text."""

_SUGGEST = {
    Action.PASS: "pass",
    Action.FLAG: "pass",
    Action.MASK: "anonymize",
    Action.REPLACE: "replace",
    Action.BLOCK: "reject",
}


@dataclass(frozen=True, slots=True)
class Risk:
    """One of the three risk families: its level and what was seen, sorted."""

    level: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Risks:
    """The three risk families of one exchange, both directions together."""

    security: Risk
    compliance: Risk
    data: Risk


def risks(found: Iterable[tuple[str, Level]]) -> Risks:
    """Sort what was found, as category and level, into the three families."""
    families: dict[str, list[tuple[str, Level]]] = {"security": [], "compliance": [], "data": []}
    for category, level in found:
        family = category.partition(".")[0]
        if family not in _NEITHER:
            families[_FAMILIES.get(family, "compliance")].append((category, level))
    return Risks(**{name: _risk(found) for name, found in families.items()})


def suggestion(action: Action) -> str:
    """Return the older word for an action: pass, anonymize, replace or reject."""
    return _SUGGEST[action]


def _risk(found: list[tuple[str, Level]]) -> Risk:
    level = max((level for _, level in found), default=Level.NONE)
    name = "no_risk" if level is Level.NONE else f"{level.label}_risk"
    return Risk(name, tuple(sorted({category for category, _ in found})))
