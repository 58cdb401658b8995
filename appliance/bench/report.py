"""The tables of a run, for a terminal and for a Markdown page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rich import box
from rich.console import Console
from rich.table import Table

from .figures import Spread, ratios, spread
from .rounds import Process, Run
from .summary import ByRound, Summary
from .targets import NGINX, Answer


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts. The first column names, the others are figures."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def titled(self, title: str) -> "Grid":
        """Return the same under another title."""
        return replace(self, title=title)

    def markdown(self) -> str:
        """Write it as a Markdown table under its title."""
        rule = ("---", *("---:" for _ in self.head[1:]))
        lines = [" | ".join(row) for row in (self.head, rule, *self.rows)]
        return "\n".join([f"**{self.title}**", "", *(f"| {line} |" for line in lines)])

    def print(self, console: Console) -> None:
        """Write it to a terminal."""
        table = Table(title=self.title, title_justify="left", box=box.SIMPLE_HEAD)
        for index, name in enumerate(self.head):
            table.add_column(name, justify="right" if index else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)


def exchange_grids(run: Run, summary: Summary) -> list[Grid]:
    """Return a table for each cell that was measured."""
    cells = [cell for cell in run.plan.cells if cell.name in summary.cells]
    return [_grid(summary, cell.name, _title(cell.kind, cell.concurrency)) for cell in cells]


def answer_grid(answers: Iterable[Answer]) -> Grid:
    """Return the table of targets."""
    rows = [
        (
            answer.target.text,
            f"{answer.target.bound} {answer.target.limit:g} {answer.target.unit}",
            spelled(answer.found, 2),
            answer.word,
        )
        for answer in answers
    ]
    return Grid("Targets", ("target", "aim", "found (least to most)", "answer"), rows)


def process_grid(processes: Mapping[str, Sequence[Process]], summary: Summary) -> Grid:
    """Return what each process takes: memory, and its part of the cost of requests."""
    cells = [cell for cell in ("plain-16", "hits-16", "stream-16") if cell in summary.cells] or summary.cells
    rows = [
        (
            f"{subject}: {name}",
            " + ".join(f"{item.resident / 1e6:.0f}" for item in alike),
            " + ".join(f"{item.proportional / 1e6:.0f}" for item in alike),
            *(_middle(summary.share(subject, cell, name)) for cell in cells),
            f"{sum(item.idle for item in alike) * 1e3:.1f}",
        )
        for subject, items in processes.items()
        for name, alike in _by_name(items).items()
    ]
    cost = (f"CPU us, {cell}" for cell in cells)
    head = ("processes of one name", "resident MB", "shared divided MB", *cost, "idle ms a second")
    return Grid("Processes: memory after the run, and their part of a request's or frame's cost", head, rows)


def _by_name(items: Sequence[Process]) -> dict[str, list[Process]]:
    found: dict[str, list[Process]] = {}
    for item in items:
        found.setdefault(item.name, []).append(item)
    return found


def _grid(summary: Summary, cell: str, title: str) -> Grid:
    stream = cell.startswith("stream")
    head = ["", f"CPU us a {'frame' if stream else 'request'}", "to nginx's", "p50 us", "added p50 us"]
    head += ["added, to nginx's", "p99 us", "words p50 us" if stream else "a second"]
    return Grid(
        title,
        tuple(head),
        [_row(summary, subject, cell, stream=stream) for subject in summary.subjects],
    )


def _row(summary: Summary, subject: str, cell: str, *, stream: bool) -> tuple[str, ...]:
    def to_nginx(own: ByRound, nginx: ByRound) -> str:
        return spelled(spread(ratios(own, nginx)), 2) if subject not in {"direct", NGINX} else ""

    cpu, added = summary.cpu(subject, cell), summary.added(subject, cell)
    last = summary.words(subject, cell) if stream else summary.rate(subject, cell)
    return (
        subject,
        "" if subject == "direct" else spelled(spread([*cpu.values()]), 1),
        to_nginx(cpu, summary.cpu(NGINX, cell)),
        _middle(summary.p50(subject, cell)),
        "" if subject == "direct" else _middle(added),
        to_nginx(added, summary.added(NGINX, cell)),
        _middle(summary.p99(subject, cell)),
        _middle(last),
    )


def _title(kind: str, concurrency: int) -> str:
    if kind == "stream":
        return f"{concurrency} paced stream{'s' if concurrency > 1 else ''}"
    return f"Whole answers, {concurrency} at once{', with hits' if kind == 'hits' else ''}"


def _middle(figures: ByRound) -> str:
    found = spread([*figures.values()])
    return f"{found.middle:,.0f}" if found else "-"


def spelled(found: Spread | None, digits: int) -> str:
    """Write a median with least and most; a dash where there is none."""
    if found is None:
        return "-"
    if found.least == found.most:
        return f"{found.middle:,.{digits}f}"
    return f"{found.middle:,.{digits}f} ({found.least:,.{digits}f} to {found.most:,.{digits}f})"
