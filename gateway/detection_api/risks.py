"""What a verdict comes to in the words of OpenGuardrails: three groups of risks and an action."""

from collections.abc import Sequence
from typing import NamedTuple

from ...detection.types import Action, Decided, Finding, Level, Verdict
from .categories import (
    ATTACK,
    DATA,
    PROMPT_ATTACKS,
    UNJUDGED,
    compliance_name,
    counted,
    entity_type,
    highest,
    risk,
    score,
)


class Group(NamedTuple):
    """One kind of risk: its level and the names of what was found."""

    level: Level
    names: tuple[str, ...]

    def body(self) -> dict[str, object]:
        """The group as clients read it."""
        return {"risk_level": risk(self.level), "categories": list(self.names)}


class Risks(NamedTuple):
    """The risks of a verdict."""

    compliance: Group
    security: Group
    data: Group
    score: float

    @property
    def level(self) -> Level:
        """The highest of the three."""
        return max(self.compliance.level, self.security.level, self.data.level)


def risks_of(verdict: Verdict) -> Risks:
    """Sort what a verdict holds. A block for what nobody could judge is a risk of its own."""
    findings = counted(verdict.decided)
    security = [item for item in findings if item.family == ATTACK]
    data = [item for item in findings if item.family in DATA]
    others = [item for item in findings if item.family != ATTACK and item.family not in DATA]
    compliance = _group(others, [compliance_name(item.category) for item in others])
    if verdict.receipt.unjudged and verdict.action is Action.BLOCK and not findings:
        compliance = Group(Level.HIGH, (UNJUDGED,))
    return Risks(
        compliance,
        _group(security, [PROMPT_ATTACKS] * len(security)),
        _group(data, [entity_type(item) for item in data]),
        score(findings),
    )


def suggested(verdict: Verdict, *, restorable: bool) -> str:
    """Return an action as OpenGuardrails spells it; a mask the caller can undo is named so."""
    if verdict.action is Action.BLOCK:
        return "reject"
    if verdict.action in (Action.MASK, Action.REPLACE):
        return "anonymize_restore" if restorable else "anonymize"
    return "pass"


def done(decided: Decided) -> str:
    """Return what was done about a finding of data, in the words of its rules."""
    return {Action.MASK: "mask", Action.REPLACE: "replace", Action.BLOCK: "block"}.get(decided.action, "pass")


def _group(findings: Sequence[Finding], names: Sequence[str]) -> Group:
    return Group(highest(findings), tuple(dict.fromkeys(names)))
