"""Results as tables of words, whatever they are then written as."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .figures import Caught, Figures, Results
from .words import NOTHING, area, percent


@dataclass(frozen=True, slots=True)
class Table:
    """A title, heads and rows; the first column is text, the others are figures."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]] = field(repr=False)


def by_file(found: Results, *, interval: bool = True) -> Table:
    """Return a row for each data set, and one for all of them where there are several."""
    heads = ["Data set", "Positive", "Negative", "AUROC"]
    for item in found.thresholds:
        heads += [f"Recall, {item.name}", f"False positives, {item.name}"]
    others = any(item.others for item in found.files)
    heads += ["Other, flagged"] if others else []
    files = [*found.files, found.pooled] if len(found.files) > 1 else found.files
    return Table("By data set", heads, [_file(item, others=others, interval=interval) for item in files])


def _file(item: Figures, *, others: bool, interval: bool) -> list[str]:
    cells = [item.name, f"{item.positives:,}", f"{item.negatives:,}", area(item.auroc, interval=interval)]
    for each in item.caught:
        cells += [percent(each.recall, interval=interval), percent(each.wrong, interval=interval)]
    return [*cells, _other(item.caught, item.others)] if others else cells


def _other(caught: Sequence[Caught], count: int) -> str:
    shown = percent(caught[0].other, interval=False) if caught else NOTHING
    return f"{shown} of {count:,}" if count else NOTHING


def by_category(found: Results, *, interval: bool = True) -> Table:
    """Return a row for each category of each data set."""
    heads = ["Data set", "Category", "Side", "Texts", *(f"Caught, {item.name}" for item in found.thresholds)]
    rows = [
        [
            item.name,
            group.category or NOTHING,
            group.side.value,
            f"{group.caught[0].count:,}",
            *(percent(share, interval=interval) for share in group.caught),
        ]
        for item in found.files
        for group in item.groups
    ]
    return Table("By category", heads, rows)


def by_rule(found: Results) -> Table:
    """Return a row for each rule that fired, those that were most often wrong first."""
    heads = ["Rule", "Positive", "Negative", "Other"]
    rows = [
        [item.rule, f"{item.positives:,}", f"{item.negatives:,}", f"{item.others:,}"]
        for item in found.pooled.rules
    ]
    return Table("Texts in which a rule fired", heads, rows)


def by_span(found: Results) -> Table:
    """Return a row for each type of marked spans in each data set."""
    heads = ["Data set", "Type", "Marked", "Found", "Precision", "Recall", "F1", "F1, overlap"]
    rows = [row for item in found.files for row in _spans(item)]
    unsought = found.pooled.unsought.items()
    left_out = ", ".join(f"{kind} ({count:,})" for kind, count in unsought)
    title = "By span: exact unless it says overlap"
    return Table(f"{title}; nothing looks for {left_out}" if left_out else title, heads, rows)


def _spans(item: Figures) -> Iterator[list[str]]:
    pooled = [("together", item.together)] if len(item.spans) > 1 else []
    for kind, counts in [*item.spans.items(), *pooled]:
        yield [
            item.name,
            kind,
            f"{counts.marked:,}",
            f"{counts.found:,}",
            percent(counts.precision(exact=True), interval=False),
            percent(counts.recall(exact=True), interval=False),
            f"{counts.f1(exact=True):.3f}",
            f"{counts.f1(exact=False):.3f}",
        ]


def by_named_rule(found: Results) -> Table:
    """Return a row for each data set whose near misses name the rule they are for."""
    heads = ["Data set", "Near misses", "Flagged by that rule"]
    rows = [[item.name, f"{item.named.count:,}", percent(item.named)] for item in found.files if item.named]
    return Table("Near misses that name a rule", heads, rows)


def tables(found: Results, wanted: Iterable[str], *, interval: bool = True) -> list[Table]:
    """Return the tables that have rows: by data set, then what was asked for (``category``, ``rule``)."""
    asked = set(wanted)
    chosen = [by_file(found, interval=interval)]
    chosen += [by_category(found, interval=interval)] if "category" in asked else []
    chosen += [by_rule(found)] if "rule" in asked else []
    return [table for table in (*chosen, by_span(found), by_named_rule(found)) if table.rows]


def markdown(table: Table) -> str:
    """Return a table for a page."""
    lines = [list(table.heads), ["---"] + ["---:"] * (len(table.heads) - 1), *table.rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
