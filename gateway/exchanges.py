"""A recorded exchange as JSON: what was found and done, and no text."""

import orjson

from ..detection.types import AuditEntry, Cost, Decided, Receipt, Verdict


def render(entry: AuditEntry) -> bytes:
    """Render an entry for the application it belongs to. Times are epoch seconds, durations ms."""
    core = entry.core
    return orjson.dumps(
        {
            "id": entry.exchange_id,
            "object": "exchange",
            "outcome": entry.outcome,
            "action": core.action.label,
            "status": entry.status,
            "streamed": entry.streamed,
            "face": entry.face,
            "method": entry.method,
            "path": entry.path,
            "upstream": entry.upstream,
            "application": entry.principal.application,
            "dialect": core.dialect,
            "model": core.model,
            "policy": core.policy,
            "started": entry.started,
            "guard_ms": round(entry.guard_seconds * 1000, 3),
            "upstream_ms": round(entry.upstream_seconds * 1000, 3),
            "prompt": verdict_body(core.prompt),
            "answer": verdict_body(core.answer) if core.answer is not None else None,
        }
    )


def verdict_body(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as JSON values: findings without what was found, and the receipt."""
    return {
        "action": verdict.action.label,
        "tier": verdict.tier.name.lower(),
        "costs": [_cost(item) for item in verdict.costs],
        "findings": [_finding(item) for item in verdict.decided],
        "receipt": _receipt(verdict.receipt),
    }


def _cost(cost: Cost) -> dict[str, object]:
    return {
        "tier": cost.tier.name.lower(),
        "model": cost.model,
        "texts": cost.texts,
        "ms": round(cost.seconds * 1000, 3),
    }


def _finding(decided: Decided) -> dict[str, object]:
    finding = decided.finding
    return {
        "category": finding.category,
        "rule": finding.rule,
        "scanner": finding.scanner,
        "tier": finding.tier.name.lower(),
        "level": finding.level.label,
        "score": finding.score,
        "action": decided.action.label,
        "pointer": finding.pointer,
        "span": [finding.span.start, finding.span.end],
        "role": finding.role.value,
        "kind": finding.kind.value,
        "view": finding.view,
        "known": finding.known,
        "allowed": finding.allowed,
        "digest": finding.digest,
    }


def _receipt(receipt: Receipt) -> dict[str, object]:
    return {
        "segments": receipt.segments,
        "characters": receipt.characters,
        "remembered": receipt.remembered,
        "unjudged": [{"pointer": item.pointer, "reason": item.reason} for item in receipt.unjudged],
    }
