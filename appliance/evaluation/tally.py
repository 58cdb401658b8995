"""Counts of a data set. They add up, so that parts of a file can be judged apart."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from .heads import Side, side
from .outcome import Outcome
from .rows import Row
from .span_match import SpanCounts, match_spans
from .thresholds import pooled
from .vendors import names_rule

MOST_SHOWN = 20
"""Texts of a kind that are kept to be shown, where somebody asked for it."""


class Shown(NamedTuple):
    """A text that was judged wrongly, for who asked to see texts."""

    number: int
    category: str
    side: Side
    rules: tuple[str, ...]
    text: str


class Tally:
    """What was counted in a data set.

    Attributes:
        scores: by side and category, how many texts had which score.
        rules: by rule and side, in how many texts it fired.
        spans: by type, what was marked, found and matched; types that nothing looks for are only marked.
        named: near misses that name the rule they are for.
        named_flagged: those among them that were flagged by that rule.
        characters: length of all texts.
        shown: texts judged wrongly, at most `MOST_SHOWN` of each side; empty unless asked for.
    """

    def __init__(self) -> None:
        self.scores: dict[tuple[Side, str], Counter[float]] = {}
        self.rules: Counter[tuple[str, Side]] = Counter()
        self.spans: dict[str, SpanCounts] = {}
        self.named = 0
        self.named_flagged = 0
        self.characters = 0
        self.shown: list[Shown] = []

    def count(self, row: Row, outcome: Outcome, families: Collection[str]) -> Side:
        """Count one text; return what it is to these families."""
        which = side(row, families)
        self.scores.setdefault((which, row.category), Counter())[outcome.score] += 1
        self.rules.update((hit.rule, which) for hit in outcome.hits)
        self._add_spans(match_spans(row.spans, outcome.spans))
        if row.rule and not row.label:
            self.named += 1
            self.named_flagged += any(names_rule(row.rule, hit.rule, hit.category) for hit in outcome.hits)
        self.characters += len(row.text)
        return which

    def add(self, other: "Tally") -> None:
        """Add the counts of another part of the same data set."""
        for key, scores in other.scores.items():
            self.scores.setdefault(key, Counter()).update(scores)
        self.rules.update(other.rules)
        self._add_spans(other.spans)
        self.named += other.named
        self.named_flagged += other.named_flagged
        self.characters += other.characters
        for item in other.shown:
            self.show(item)

    def show(self, item: Shown) -> None:
        """Keep a text to be shown, unless there are enough of its side."""
        if sum(kept.side is item.side for kept in self.shown) < MOST_SHOWN:
            self.shown.append(item)

    def of(self, which: Side, categories: Collection[str] = ()) -> Counter[float]:
        """Return the scores of one side, of all categories unless some are named."""
        return pooled(
            scores
            for (found, category), scores in self.scores.items()
            if found is which and (not categories or category in categories)
        )

    @property
    def rows(self) -> int:
        """How many texts were counted."""
        return sum(scores.total() for scores in self.scores.values())

    def _add_spans(self, counted: dict[str, SpanCounts]) -> None:
        for kind, counts in counted.items():
            self.spans[kind] = self.spans.get(kind, SpanCounts()) + counts


def summed(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total
