"""What the counts of data sets come to: the figures that every way of showing them shares."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .auroc import Counted, auroc
from .heads import Side
from .intervals import Estimate, Share
from .span_match import SpanCounts
from .tally import Tally, summed
from .thresholds import ANY, caught, curve, pooled, threshold_at

POOLED = "all together"
"""Name of the figures over all data sets."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A score to act on, and what it is called in results."""

    score: float
    name: str


@dataclass(frozen=True, slots=True)
class Caught:
    """What is caught at one threshold; None where there are no such texts."""

    recall: Share | None
    wrong: Share | None
    """Negatives caught: the false-positive rate."""
    other: Share | None
    """Positives of other tasks caught."""


@dataclass(frozen=True, slots=True)
class Group:
    """The texts of one side and category."""

    side: Side
    category: str
    caught: tuple[Share, ...]
    """At each threshold."""


@dataclass(frozen=True, slots=True)
class Firing:
    """In how many texts of a side a rule fired."""

    rule: str
    positives: int
    negatives: int
    others: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One data set."""

    name: str
    positives: int
    negatives: int
    others: int
    auroc: Estimate | None
    caught: tuple[Caught, ...]
    """At each threshold."""
    groups: tuple[Group, ...]
    rules: tuple[Firing, ...]
    spans: Mapping[str, SpanCounts]
    named: Share | None
    """Near misses flagged by the rule they name."""
    curve: Sequence[tuple[float, float]]

    @property
    def rows(self) -> int:
        """How many texts there are."""
        return self.positives + self.negatives + self.others


@dataclass(frozen=True, slots=True)
class Results:
    """Every data set, and all of them together."""

    thresholds: tuple[Threshold, ...]
    files: tuple[Figures, ...]
    pooled: Figures


def results(
    tallies: Mapping[str, Tally], scores: Iterable[float], rates: Iterable[float], pool: Collection[str]
) -> Results:
    """Return the figures of data sets.

    Args:
        tallies: counts by name of the data set.
        scores: thresholds.
        rates: false-positive rates, each of which gives a threshold more.
        pool: data sets whose negatives give those; when empty, the category ``benign`` of all.
    """
    named = [Threshold(score, _called(score)) for score in scores]
    if rates := [*rates]:
        negatives = _pool(tallies, pool)
        named += [Threshold(threshold_at(negatives, rate), f"{rate:.2%} FPR") for rate in rates]
    thresholds = tuple(named)
    return Results(
        thresholds,
        tuple(_figures(name, tally, thresholds) for name, tally in tallies.items()),
        _figures(POOLED, summed(tallies.values()), thresholds),
    )


def _called(score: float) -> str:
    return "any" if score <= ANY else f"{score:.2f}"


def _pool(tallies: Mapping[str, Tally], names: Collection[str]) -> Counted:
    if names:
        return pooled(tallies[name].of(Side.NEGATIVE) for name in names)
    return pooled(tally.of(Side.NEGATIVE, ("benign",)) for tally in tallies.values())


def _figures(name: str, tally: Tally, thresholds: tuple[Threshold, ...]) -> Figures:
    positives, negatives, others = (tally.of(which) for which in Side)
    both = bool(positives and negatives)
    return Figures(
        name=name,
        positives=positives.total(),
        negatives=negatives.total(),
        others=others.total(),
        auroc=auroc(positives, negatives),
        caught=tuple(_caught(positives, negatives, others, item.score) for item in thresholds),
        groups=_groups(tally, thresholds),
        rules=_firings(tally),
        spans=dict(sorted(tally.spans.items())),
        named=Share(tally.named_flagged, tally.named) if tally.named else None,
        curve=curve(positives, negatives) if both else (),
    )


def _caught(positives: Counted, negatives: Counted, others: Counted, score: float) -> Caught:
    recall, wrong, other = (caught(side, score) if side else None for side in (positives, negatives, others))
    return Caught(recall, wrong, other)


def _groups(tally: Tally, thresholds: Iterable[Threshold]) -> tuple[Group, ...]:
    scores = [item.score for item in thresholds]
    return tuple(
        Group(which, category, tuple(caught(counted, score) for score in scores))
        for (which, category), counted in sorted(tally.scores.items())
    )


def _firings(tally: Tally) -> tuple[Firing, ...]:
    """Return the rules that fired, those that were most often wrong first."""
    names = {rule for rule, _ in tally.rules}
    found = [Firing(rule, *(tally.rules[rule, which] for which in Side)) for rule in names]
    return tuple(sorted(found, key=lambda item: (-item.negatives, -item.positives, item.rule)))
