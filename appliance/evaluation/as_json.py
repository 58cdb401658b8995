"""Results as JSON: every figure, for programs."""

from typing import Any

from .figures import Caught, Figures, Results
from .intervals import Estimate, Share
from .span_match import SpanCounts


def as_json(found: Results) -> dict[str, Any]:
    """Return results as plain values, ready for a JSON writer."""
    return {
        "thresholds": [{"name": item.name, "score": _finite(item.score)} for item in found.thresholds],
        "files": [_figures(item, found) for item in found.files],
        "pooled": _figures(found.pooled, found),
    }


def _figures(item: Figures, found: Results) -> dict[str, Any]:
    names = [threshold.name for threshold in found.thresholds]
    return {
        "name": item.name,
        "positives": item.positives,
        "negatives": item.negatives,
        "others": item.others,
        "auroc": _estimate(item.auroc),
        "caught": {name: _caught(each) for name, each in zip(names, item.caught, strict=True)},
        "categories": [
            {
                "side": group.side.value,
                "category": group.category,
                "caught": {name: _share(each) for name, each in zip(names, group.caught, strict=True)},
            }
            for group in item.groups
        ],
        "rules": [
            {
                "rule": each.rule,
                "positives": each.positives,
                "negatives": each.negatives,
                "others": each.others,
            }
            for each in item.rules
        ],
        "spans": {kind: _spans(counts) for kind, counts in item.spans.items()},
        "spans_together": _spans(item.together),
        "spans_not_looked_for": dict(item.unsought),
        "near_misses_flagged_by_their_rule": _share(item.named),
        "curve": [list(point) for point in item.curve],
    }


def _caught(item: Caught) -> dict[str, Any]:
    return {
        "recall": _share(item.recall),
        "false_positive_rate": _share(item.wrong),
        "others": _share(item.other),
    }


def _share(item: Share | None) -> dict[str, Any] | None:
    return None if item is None else {"hits": item.hits, "count": item.count, **_bounds(item.estimate)}


def _estimate(item: Estimate | None) -> dict[str, float] | None:
    return None if item is None else _bounds(item)


def _bounds(item: Estimate) -> dict[str, float]:
    return {"value": item.value, "low": item.low, "high": item.high}


def _spans(counts: SpanCounts) -> dict[str, Any]:
    return {
        "marked": counts.marked,
        "found": counts.found,
        **{name: _match(counts, exact=name == "exact") for name in ("exact", "overlap")},
    }


def _match(counts: SpanCounts, *, exact: bool) -> dict[str, Any]:
    return {
        "precision": _share(counts.precision(exact=exact)),
        "recall": _share(counts.recall(exact=exact)),
        "f1": counts.f1(exact=exact),
    }


def _finite(score: float) -> float | None:
    """Return a threshold; None where nothing reaches it."""
    return score if score != float("inf") else None
