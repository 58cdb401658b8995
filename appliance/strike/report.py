"""A strike as a table, as JSON and as a page."""

from typing import Any

from ..evaluation.html import page, section
from ..evaluation.intervals import Share
from ..evaluation.tables import Table
from ..evaluation.words import percent
from .attacks import Attack
from .fate import Fate
from .score import Score, Scores


def table(scores: Scores) -> Table:
    """Return a row for each technique and one for all."""
    heads = ("Technique", "Attacks", "Caught", "Flagged", "Missed", "Share caught", "Caught or flagged")
    rows = [_row(score) for score in scores.by_technique.values()]
    return Table("By technique", heads, [*rows, _row(scores.total)])


def _row(score: Score) -> list[str]:
    counts = [f"{score.fates[fate]:,}" for fate in Fate]
    return [score.technique, f"{score.count:,}", *counts, percent(score.caught), percent(score.noticed)]


def as_json(scores: Scores, seed: int, *, texts: bool) -> dict[str, Any]:
    """Return plain values. `texts`: with the attacks that came through."""
    through = [_came_through(attack, fate, texts=texts) for attack, fate in scores.through]
    every = [*scores.by_technique.values(), scores.total]
    return {"seed": seed, "techniques": [_score(item) for item in every], "came_through": through}


def _score(score: Score) -> dict[str, Any]:
    return {
        "technique": score.technique,
        "attacks": score.count,
        **{fate.value: score.fates[fate] for fate in Fate},
        "share_caught": _share(score.caught),
        "share_caught_or_flagged": _share(score.noticed),
    }


def _share(share: Share) -> dict[str, float]:
    found = share.estimate
    return {"value": found.value, "low": found.low, "high": found.high}


def _came_through(attack: Attack, fate: Fate, *, texts: bool) -> dict[str, Any]:
    told = {"technique": attack.technique, "number": attack.number, "fate": fate.value}
    return told | ({"text": attack.text} if texts else {})


def as_html(scores: Scores, heading: str) -> str:
    """Return a page that asks nobody for anything."""
    return page("Attacks caught", heading, [section(table(scores))])
