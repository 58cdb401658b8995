"""From how near a text is to subjects to an opinion on it."""

from collections.abc import Mapping

from ..tiers import Opinion, Score
from .subjects import Subjects

MOST = 8
"""Subjects of one opinion, the nearest first."""
_FOUND = 0.5
"""The score of a text that is only just near."""


def scored(similarity: float, least: float) -> float:
    """Return a score: `_FOUND` at the similarity from which on a text is near, 1 for the same text."""
    if similarity < least:
        return max(0.0, _FOUND * similarity / least)
    return min(1.0, _FOUND + (1 - _FOUND) * (similarity - least) / (1 - least))


def opinion(
    near: Mapping[int, float],
    subjects: Subjects,
    least: float,
    *,
    model: str,
    seconds: float,
    unjudged: str = "",
) -> Opinion:
    """Return what somebody who compares says of a text.

    Args:
        near: the similarity of each subject, by place; one that is not there is far.
        subjects: what it was compared with.
        least: from where on a text is near, of subjects that say nothing of it.
        model: who compared.
        seconds: what it took.
        unjudged: why not all of it was read; where nothing was found nothing is known then.
    """
    scores = [
        Score(
            subjects.items[at].category,
            scored(share, subjects.items[at].least or least),
            subjects.items[at].level,
        )
        for at, share in near.items()
    ]
    scores = sorted(scores, key=lambda score: -score.score)[:MOST]
    if unjudged and not (scores and scores[0].score >= _FOUND):
        return Opinion(model, seconds=seconds, unjudged=unjudged)
    return Opinion(model, tuple(scores), seconds)
