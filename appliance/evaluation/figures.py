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
    """By type that is looked for."""
    unsought: Mapping[str, int]
    """Spans marked, by type that nothing looks for."""
    together: SpanCounts
    """Spans of the types that are pooled."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which figures are wanted.

    Attributes:
        scores: thresholds.
        rates: false-positive rates, each of which gives a threshold more.
        pool: data sets whose negatives give those; when empty, the category ``benign`` of all.
        sought: types of spans that something looks for.
        together: types of spans that are pooled; when empty, all that are sought.
    """

    scores: Collection[float] = (ANY,)
    rates: Collection[float] = ()
    pool: Collection[str] = ()
    sought: Collection[str] = ()
    together: Collection[str] = ()


def results(tallies: Mapping[str, Tally], choice: Choice) -> Results:
    """Return the figures of data sets, by their name."""
    thresholds = [Threshold(score, _called(score)) for score in choice.scores]
    if choice.rates:
        negatives = _pool(tallies, choice.pool)
        thresholds += [
            Threshold(threshold_at(negatives, rate), f"{rate * 100:g} % FPR") for rate in choice.rates
        ]
    wanted = tuple(thresholds)
    return Results(
        wanted,
        tuple(_figures(name, tally, wanted, choice) for name, tally in tallies.items()),
        _figures(POOLED, summed(tallies.values()), wanted, choice),
    )


def _called(score: float) -> str:
    return "any" if score <= ANY else f"{score:.2f}"


def _pool(tallies: Mapping[str, Tally], names: Collection[str]) -> Counted:
    if names:
        return pooled(tallies[name].of(Side.NEGATIVE) for name in names)
    return pooled(tally.of(Side.NEGATIVE, ("benign",)) for tally in tallies.values())


def _figures(name: str, tally: Tally, thresholds: tuple[Threshold, ...], choice: Choice) -> Figures:
    positives, negatives, others = (tally.of(which) for which in Side)
    both = bool(positives and negatives)
    # What a data set never marks is no false alarm in it.
    marked = {kind: counts for kind, counts in tally.spans.items() if counts.marked}
    return Figures(
        name=name,
        positives=positives.total(),
        negatives=negatives.total(),
        others=others.total(),
        auroc=auroc(positives, negatives),
        caught=tuple(_caught(positives, negatives, others, item.score) for item in thresholds),
        groups=_groups(tally, thresholds),
        rules=_firings(tally),
        spans={kind: counts for kind, counts in sorted(marked.items()) if kind in choice.sought},
        unsought={
            kind: counts.marked for kind, counts in sorted(marked.items()) if kind not in choice.sought
        },
        together=sum(
            (marked.get(kind, SpanCounts()) for kind in choice.together or choice.sought), SpanCounts()
        ),
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
