"""What an exchange came to, in the words that readers of `detection_results` expect."""

from dataclasses import dataclass

from ...detection.types import Action, AuditCore, Finding, Level

_SECURITY = frozenset({"prompt_attack"})
_DATA = frozenset({"secret", "pii"})
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


def risks(core: AuditCore) -> Risks:
    """Sort an exchange's findings into the three families."""
    verdicts = (core.prompt, core.answer) if core.answer else (core.prompt,)
    sorted_: dict[str, list[Finding]] = {"security": [], "compliance": [], "data": []}
    for verdict in verdicts:
        for finding in verdict.findings:
            if finding.family not in _NEITHER:
                sorted_[_family(finding)].append(finding)
    return Risks(**{name: _risk(findings) for name, findings in sorted_.items()})


def suggestion(action: Action) -> str:
    """Return the older word for an action: pass, anonymize, replace or reject."""
    return _SUGGEST[action]


def _family(finding: Finding) -> str:
    if finding.family in _SECURITY:
        return "security"
    return "data" if finding.family in _DATA else "compliance"


def _risk(findings: list[Finding]) -> Risk:
    level = max((finding.level for finding in findings), default=Level.NONE)
    name = "no_risk" if level is Level.NONE else f"{level.label}_risk"
    return Risk(name, tuple(sorted({finding.category for finding in findings})))
