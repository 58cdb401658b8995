"""Why a decision was what it was: a recorded exchange in the words a page shows.

Pure. Takes an audit entry, returns frozen values; the templates only lay them out.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from ...detection.presets import PRESETS
from ...detection.types import Action, AuditEntry, Decided, Verdict
from . import words

_POLICY_NAMES = {policy.digest: name for name, policy in PRESETS.items()}


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding: what, where, how sure, and what was done."""

    family: str
    subject: str
    category: str
    rule: str
    scanner: str
    level: str
    certainty: str
    place: str
    pointer: str
    start: int
    end: int
    view: str
    tier: str
    role: str
    kind: str
    digest: str
    known: bool
    action: str
    done: str


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """One direction of an exchange: its findings, and what was and was not looked at."""

    title: str
    action: str
    done: str
    findings: tuple[ShownFinding, ...]
    looked_at: str
    unjudged: tuple[tuple[str, str], ...]
    tier: str
    took: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything the page of a decision says."""

    exchange_id: str
    action: str
    done: str
    headline: str
    because: str
    at: datetime
    application: str
    model: str
    upstream: str
    outcome: str
    status: int
    ended_well: bool
    streamed: bool
    method: str
    path: str
    face: str
    dialect: str
    client: str
    key_id: str
    policy: str
    policy_name: str
    tier: str
    guard: str
    waited: str
    directions: tuple[ShownVerdict, ...]


def explain(entry: AuditEntry) -> Explanation:
    """Put an exchange into words."""
    core = entry.core
    directions = [_direction("Prompt", core.prompt)]
    if core.answer is not None:
        directions.append(_direction("Answer", core.answer))
    return Explanation(
        exchange_id=entry.exchange_id,
        action=core.action.label,
        done=words.ACTIONS[core.action],
        headline=headline(entry),
        because=because(entry),
        at=datetime.fromtimestamp(entry.started, UTC),
        application=entry.principal.application,
        model=core.model,
        upstream=entry.upstream,
        outcome=words.OUTCOMES.get(entry.outcome, entry.outcome),
        status=entry.status,
        ended_well=entry.outcome in ("complete", "refused", "stopped", "open"),
        streamed=entry.streamed,
        method=entry.method,
        path=entry.path,
        face=entry.face,
        dialect=entry.core.dialect,
        client=entry.client,
        key_id=entry.principal.key_id,
        policy=core.policy,
        policy_name=_POLICY_NAMES.get(core.policy, ""),
        tier=_tier(entry),
        guard=words.milliseconds(entry.guard_seconds),
        waited=words.milliseconds(entry.upstream_seconds) if entry.upstream_seconds else "",
        directions=tuple(directions),
    )


def headline(entry: AuditEntry) -> str:
    """Say in one line what became of the exchange."""
    core = entry.core
    if core.action is Action.BLOCK:
        if core.prompt.action is Action.BLOCK:
            return "Blocked before it reached the model"
        return "The answer was stopped" if entry.streamed else "The answer was withheld"
    if core.action is Action.MASK:
        return f"{words.count(*_changed(entry, Action.MASK))} masked {_where(entry, Action.MASK)}"
    if core.action is Action.REPLACE:
        return f"{words.count(*_changed(entry, Action.REPLACE))} replaced {_where(entry, Action.REPLACE)}"
    if core.action is Action.FLAG:
        return _flagged(entry)
    return "Let through: nothing was found"


def because(entry: AuditEntry) -> str:
    """Name the finding that weighed most, where it was and by which rule; empty without one."""
    found = _decided(entry)
    if not found:
        return ""
    top = max(found, key=lambda item: (item.action, item.finding.level, item.finding.score)).finding
    return f"{words.category(top.category)} in {words.place(top)}"


def _flagged(entry: AuditEntry) -> str:
    flagged = sum(item.action is Action.FLAG for item in _decided(entry))
    if flagged:
        return f"Let through, with {words.count(flagged, 'finding', 'findings')} to look at"
    parts = sum(len(verdict.receipt.unjudged) for verdict in _verdicts(entry))
    return f"Let through, though {words.count(parts, 'part', 'parts')} could not be scanned"


def _changed(entry: AuditEntry, action: Action) -> tuple[int, str, str]:
    return sum(item.action is action for item in _decided(entry)), "value", "values"


def _where(entry: AuditEntry, action: Action) -> str:
    prompt = entry.core.prompt.action is action
    answer = entry.core.answer is not None and entry.core.answer.action is action
    if prompt and answer:
        return "in the prompt and in the answer"
    return "in the answer" if answer else "in the prompt"


def _verdicts(entry: AuditEntry) -> tuple[Verdict, ...]:
    core = entry.core
    return (core.prompt,) if core.answer is None else (core.prompt, core.answer)


def _decided(entry: AuditEntry) -> list[Decided]:
    return [item for verdict in _verdicts(entry) for item in verdict.decided]


def _tier(entry: AuditEntry) -> str:
    return words.TIERS[max(verdict.tier for verdict in _verdicts(entry))]


def _direction(title: str, verdict: Verdict) -> ShownVerdict:
    receipt = verdict.receipt
    ordered = sorted(verdict.decided, key=lambda item: (-item.action, -item.finding.level))
    return ShownVerdict(
        title=title,
        action=verdict.action.label,
        done=words.ACTIONS[verdict.action],
        findings=tuple(_finding(item) for item in ordered),
        looked_at=(
            f"{words.count(receipt.segments, 'text', 'texts')}, "
            f"{words.count(receipt.characters, 'character', 'characters')}"
            + (f", {receipt.remembered:,} of them judged in an earlier turn" if receipt.remembered else "")
        ),
        unjudged=tuple((item.pointer, item.reason) for item in receipt.unjudged),
        tier=words.TIERS[verdict.tier],
        took=words.milliseconds(verdict.seconds),
    )


def _finding(item: Decided) -> ShownFinding:
    finding = item.finding
    return ShownFinding(
        family=words.family(finding),
        subject=words.subject(finding),
        category=finding.category,
        rule=finding.rule,
        scanner=finding.scanner,
        level=finding.level.label,
        certainty=f"{finding.score:.0%}",
        place=words.place(finding).capitalize(),
        pointer=finding.pointer or "/",
        start=finding.span.start,
        end=finding.span.end,
        view=finding.view,
        tier=words.TIERS[finding.tier],
        role=finding.role.value,
        kind=words.spaced(finding.kind.value).lower(),
        digest=finding.digest,
        known=finding.known,
        action=item.action.label,
        done=words.done(item),
    )
