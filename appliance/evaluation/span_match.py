"""Spans found against spans marked: exactly, or by a character in common."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .intervals import Share
from .rows import Marked


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """How many spans of a type were marked, found, and matched."""

    marked: int = 0
    found: int = 0
    exact: int = 0
    overlapping: int = 0

    def __add__(self, other: "SpanCounts") -> "SpanCounts":
        """Add the counts of another text."""
        return SpanCounts(
            self.marked + other.marked,
            self.found + other.found,
            self.exact + other.exact,
            self.overlapping + other.overlapping,
        )

    def precision(self, *, exact: bool) -> Share:
        """Return how many of the spans found match one that is marked."""
        return Share(self.exact if exact else self.overlapping, self.found)

    def recall(self, *, exact: bool) -> Share:
        """Return how many of the spans marked are matched."""
        return Share(self.exact if exact else self.overlapping, self.marked)

    def f1(self, *, exact: bool) -> float:
        """Return the harmonic mean of precision and recall."""
        hits, total = self.exact if exact else self.overlapping, self.marked + self.found
        return 2 * hits / total if total else 0.0


def match_spans(marked: Sequence[Marked], found: Sequence[Marked]) -> dict[str, SpanCounts]:
    """Compare the spans of one text by type.

    Each marked span is matched with at most one that was found and each found with at most one marked:
    exact ones first, then from left to right, each with the first left that overlaps it.
    """
    theirs, ours = _by_type(marked), _by_type(found)
    return {kind: _counts(theirs.get(kind, []), ours.get(kind, [])) for kind in sorted({*theirs, *ours})}


def _by_type(spans: Sequence[Marked]) -> dict[str, list[tuple[int, int]]]:
    grouped = defaultdict(set)
    for span in spans:
        grouped[span.type].add((span.start, span.end))
    return {kind: sorted(group) for kind, group in grouped.items()}


def _counts(marked: list[tuple[int, int]], found: list[tuple[int, int]]) -> SpanCounts:
    exact = Counter(marked) & Counter(found)
    rest = [span for span in found if span not in exact]
    overlapping = exact.total()
    for start, end in marked:
        if (start, end) in exact:
            continue
        near = next((span for span in rest if span[0] < end and start < span[1]), None)
        if near is not None:
            rest.remove(near)
            overlapping += 1
    return SpanCounts(len(marked), len(found), exact.total(), overlapping)
