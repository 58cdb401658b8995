"""Verdicts as JSON and back: labels a person can read, no text of anyone's.

Edits keep their place but not their text, and pointers only steps that are plainly field names.
"""

from collections.abc import Iterable, Mapping
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

_ACTIONS = tuple(action.label for action in Action)
_LEVELS = tuple(level.label for level in Level)


def to_json(verdict: Verdict, most: int | None = None) -> Json:
    """Return a verdict as a JSON object, its keys in order.

    `most` bounds the findings, the edits and the unjudged parts, each; ``omitted`` counts the rest.
    """
    receipt, decided, edits = verdict.receipt, verdict.decided[:most], verdict.edits[:most]
    shown = {pointer: public(pointer) for pointer in _pointers(decided, edits)}
    made: Json = {"action": _ACTIONS[verdict.action]}
    if verdict.costs:
        made["costs"] = [[int(cost.tier), *cost[1 : None if cost.raced else -1]] for cost in verdict.costs]
    made["edits"] = [
        {"end": edit.span.end, "pointer": shown[edit.pointer], "start": edit.span.start} for edit in edits
    ]
    made["findings"] = [_finding_json(item, shown) for item in decided]
    given = (verdict.decided, verdict.edits, receipt.unjudged)
    if most is not None and (omitted := sum(max(0, len(part) - most) for part in given)):
        made["omitted"] = omitted
    made["policy"] = verdict.policy
    made["receipt"] = {
        "characters": receipt.characters,
        "remembered": receipt.remembered,
        "segments": receipt.segments,
        "unjudged": [
            {"pointer": public(item.pointer), "reason": item.reason} for item in receipt.unjudged[:most]
        ],
    }
    made["seconds"] = verdict.seconds
    made["tier"] = +verdict.tier
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


def _pointers(decided: Iterable[Decided], edits: Iterable[Edit]) -> set[str]:
    """Return where something stands: what was found mostly stands in the same few texts."""
    return {*[item.finding.pointer for item in decided], *[edit.pointer for edit in edits]}


def _finding_json(item: Decided, shown: Mapping[str, str]) -> Json:
    finding, span = item.finding, item.finding.span
    return {
        "action": _ACTIONS[item.action],
        "allowed": finding.allowed,
        "category": finding.category,
        "digest": finding.digest,
        "direction": finding.direction,
        "editable": finding.editable,
        "end": span.end,
        "kind": finding.kind,
        "known": finding.known,
        "level": _LEVELS[finding.level],
        "pointer": shown[finding.pointer],
        "role": finding.role,
        "rule": finding.rule,
        "scanner": finding.scanner,
        "score": finding.score,
        "start": span.start,
        "tier": +finding.tier,
        "view": finding.view,
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
