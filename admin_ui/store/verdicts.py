"""Verdicts as JSON and back: labels a person can read, no text of anyone's.

Edits keep their place but not their text, and pointers only steps that are plainly field names.
"""

from typing import Any

from ...detection.pointer import public
from ...detection.types import (
    Action,
    Cost,
    Decided,
    Direction,
    Edit,
    Finding,
    Kind,
    Level,
    Receipt,
    Role,
    Span,
    Tier,
    Unjudged,
    Verdict,
)

type Json = dict[str, Any]


def to_json(verdict: Verdict, most: int | None = None) -> Json:
    """Return a verdict as a JSON object.

    `most` bounds the findings, the edits and the unjudged parts, each; ``omitted`` counts the rest.
    """
    receipt = verdict.receipt
    made: Json = {
        "action": verdict.action.label,
        "findings": [_finding_json(item) for item in verdict.decided[:most]],
        "edits": [
            {"pointer": public(edit.pointer), "start": edit.span.start, "end": edit.span.end}
            for edit in verdict.edits[:most]
        ],
        "receipt": {
            "segments": receipt.segments,
            "characters": receipt.characters,
            "remembered": receipt.remembered,
            "unjudged": [
                {"pointer": public(item.pointer), "reason": item.reason} for item in receipt.unjudged[:most]
            ],
        },
        "tier": int(verdict.tier),
        "policy": verdict.policy,
        "seconds": verdict.seconds,
    }
    if verdict.costs:
        made["costs"] = [[int(cost.tier), *cost[1 : None if cost.raced else -1]] for cost in verdict.costs]
    given = (verdict.decided, verdict.edits, receipt.unjudged)
    if most is not None and (omitted := sum(max(0, len(part) - most) for part in given)):
        made["omitted"] = omitted
    return made


def from_json(stored: Json) -> Verdict:
    """Return the verdict that `to_json` made an object of, with the texts of its edits empty."""
    receipt = stored["receipt"]
    return Verdict(
        action=Action[stored["action"].upper()],
        decided=tuple(_decided(item) for item in stored["findings"]),
        edits=tuple(Edit(item["pointer"], Span(item["start"], item["end"]), "") for item in stored["edits"]),
        receipt=Receipt(
            receipt["segments"],
            receipt["characters"],
            tuple(Unjudged(item["pointer"], item["reason"]) for item in receipt["unjudged"]),
            receipt.get("remembered", 0),
        ),
        tier=Tier(stored["tier"]),
        policy=stored["policy"],
        seconds=stored["seconds"],
        costs=tuple(Cost(Tier(tier), *rest) for tier, *rest in stored.get("costs", ())),
    )


def _finding_json(item: Decided) -> Json:
    finding = item.finding
    return {
        "action": item.action.label,
        "scanner": finding.scanner,
        "rule": finding.rule,
        "category": finding.category,
        "level": finding.level.label,
        "score": finding.score,
        "pointer": public(finding.pointer),
        "start": finding.span.start,
        "end": finding.span.end,
        "role": finding.role.value,
        "kind": finding.kind.value,
        "direction": finding.direction.value,
        "digest": finding.digest,
        "view": finding.view,
        "editable": finding.editable,
        "tier": int(finding.tier),
        "known": finding.known,
        "allowed": finding.allowed,
    }


def _decided(stored: Json) -> Decided:
    finding = Finding(
        scanner=stored["scanner"],
        rule=stored["rule"],
        category=stored["category"],
        level=Level[stored["level"].upper()],
        score=stored["score"],
        pointer=stored["pointer"],
        span=Span(stored["start"], stored["end"]),
        role=Role(stored["role"]),
        kind=Kind(stored["kind"]),
        direction=Direction(stored["direction"]),
        digest=stored["digest"],
        view=stored["view"],
        editable=stored["editable"],
        tier=Tier(stored["tier"]),
        known=stored["known"],
        allowed=stored.get("allowed", False),
    )
    return Decided(finding, Action[stored["action"].upper()])
