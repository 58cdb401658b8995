"""Findings and results in the shape that SENTINEL's lessons teach."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from ...detection.types import Action, Decided
from ...detection.types import Finding as CoreFinding
from ...library.outcome import Outcome
from .engines import engine_of

type Degree = Literal["low", "medium", "high"]

_EXCERPT = 120
_DATA = ("secret", "pii")
_SURE, _LIKELY = 0.9, 0.6


def _now() -> datetime:
    return datetime.now(UTC)


def _id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    `evidence` is an excerpt of what was recognised as an attack; of personal data and secrets it tells
    the length alone. `location` is the span in characters.
    """

    engine: str
    severity: Degree
    confidence: Degree
    title: str
    description: str
    evidence: str = field(repr=False)
    location: tuple[int, int]
    remediation: str
    metadata: Mapping[str, Any]
    id: str = field(default_factory=_id, compare=False)
    timestamp: datetime = field(default_factory=_now, compare=False)

    @property
    def score(self) -> float:
        """How sure it is, 0 to 1."""
        return float(self.metadata["score"])


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan came to.

    `risk_score` and `confidence` are the score of the surest finding that counts, 0 to 1. `suppressed`
    are findings a whitelist took out. `unjudged` are reasons why a part was not looked at; with any,
    nothing is called safe.
    """

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()
    risk_score: float = 0.0
    total_time_ms: float = 0.0
    engines_executed: tuple[str, ...] = ()
    early_exit: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether nothing was found, and everything was looked at."""
        return not self.findings and not self.unjudged

    @property
    def is_threat(self) -> bool:
        """The contrary of `is_safe`."""
        return not self.is_safe

    @property
    def confidence(self) -> float:
        """Score of the surest finding."""
        return self.risk_score

    @property
    def threat_type(self) -> str:
        """Name of the engine of the surest finding; empty when there is none."""
        return max(self.findings, key=lambda item: item.score).engine if self.findings else ""

    @property
    def engine_results(self) -> dict[str, tuple[Finding, ...]]:
        """Findings by engine, also of engines that found nothing."""
        return {
            name: tuple(item for item in self.findings if item.engine == name)
            for name in self.engines_executed
        }


def result_of(outcome: Outcome, text: str, engines: Sequence[str]) -> ScanResult:
    """Return what an outcome says of a text, as far as these engines go."""
    counted = [item for item in outcome.verdict.decided if item.action > Action.PASS]
    findings = tuple(_finding(item, text, engines) for item in counted)
    return ScanResult(
        findings,
        unjudged=tuple(item.reason for item in outcome.unjudged),
        risk_score=max([item.finding.score for item in counted], default=0.0),
        total_time_ms=outcome.verdict.seconds * 1000,
        engines_executed=tuple(engines),
    )


def joined(results: Sequence[ScanResult], *, early_exit: bool = False) -> ScanResult:
    """Return several results as one."""
    findings = tuple(item for result in results for item in result.findings)
    return ScanResult(
        findings,
        tuple(item for result in results for item in result.suppressed),
        tuple(reason for result in results for reason in result.unjudged),
        max([result.risk_score for result in results], default=0.0),
        sum(result.total_time_ms for result in results),
        tuple(dict.fromkeys(name for result in results for name in result.engines_executed)),
        early_exit,
    )


def _finding(decided: Decided, text: str, engines: Sequence[str]) -> Finding:
    finding = decided.finding
    return Finding(
        engine=engine_of(finding.category, engines),
        severity=_severity(finding),
        confidence=_confidence(finding.score),
        title=finding.category,
        description=f"Rule {finding.rule} matched in the {finding.direction}.",
        evidence=_evidence(finding, text),
        location=(finding.span.start, finding.span.end),
        remediation="Mask the value." if finding.family in _DATA else "Refuse the text.",
        metadata={
            "rule": finding.rule,
            "category": finding.category,
            "score": finding.score,
            "direction": str(finding.direction),
            "view": finding.view,
            "digest": finding.digest,
        },
    )


def _severity(finding: CoreFinding) -> Degree:
    return ("low", "low", "medium", "high")[finding.level]


def _confidence(score: float) -> Degree:
    return "high" if score >= _SURE else "medium" if score >= _LIKELY else "low"


def _evidence(finding: CoreFinding, text: str) -> str:
    if finding.family in _DATA:
        return f"{finding.span.end - finding.span.start} characters"
    return text[finding.span.start : min(finding.span.end, finding.span.start + _EXCERPT)]
