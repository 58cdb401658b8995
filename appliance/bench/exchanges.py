"""``sluicegate bench``: one whole run with its tables, JSON and picture."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
from rich.console import Console

from .cells import CELLS, Measure
from .machine import describe, spell
from .page import put
from .plot import draw, panels
from .report import Grid, answer_grid, exchange_grids, process_grid
from .rounds import Plan, Run, run
from .selection import WORKERS, all_subjects, chosen, named, read_peers, scaling_subjects
from .summary import Summary
from .targets import Answer, exchange_answers, memory_answer, scaling_answers

SCALING_CELL = "plain-64"
"""Enough at once that two workers are both kept busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for. `only` empty means everything, workers compared as well."""

    rounds: int = 5
    seconds: float = 2.0
    only: Sequence[str] = ()
    peers: Sequence[str] = ()
    pin: bool = True
    json: Path | None = None
    plot: Path | None = None
    page: Path | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that was found."""

    machine: dict[str, str]
    main: Run
    scaling: Run | None
    answers: list[Answer] = field(default_factory=list)


def bench(wishes: Wishes, console: Console, say: Callable[[str], None]) -> Results:
    """Run and report. Raises `ApplianceError` when nothing could be started or a file not written."""
    subjects, cells = chosen(all_subjects(read_peers(wishes.peers)), wishes.only)
    measure = Measure(seconds=wishes.seconds, warm=min(0.5, wishes.seconds / 3))
    machine = describe()
    main = run(Plan(subjects, cells, wishes.rounds, measure, wishes.pin), say)
    compared = not wishes.only or WORKERS in named(wishes.only)
    scaling = run(_scaling(wishes, measure), say) if compared else None
    results = Results(machine, main, scaling, _answers(main, scaling))
    grids = _grids(results)
    console.print(spell(machine))
    for grid in grids:
        grid.print(console)
    for note in _notes(main):
        console.print(note)
    _write(wishes, results, grids)
    return results


def _scaling(wishes: Wishes, measure: Measure) -> Plan:
    cells = [cell for cell in CELLS if cell.name == SCALING_CELL]
    return Plan(scaling_subjects(), cells, wishes.rounds, measure, wishes.pin)


def _answers(main: Run, scaling: Run | None) -> list[Answer]:
    answers = [*exchange_answers(Summary(main.rows)), memory_answer(main.processes)]
    return answers + scaling_answers(Summary(scaling.rows if scaling else ()), SCALING_CELL)


def _grids(results: Results) -> list[Grid]:
    grids = _grids_of(results.main)
    if results.scaling is not None:
        grids += [grid.titled(f"One worker and two. {grid.title}") for grid in _grids_of(results.scaling)]
    return [*grids, answer_grid(results.answers)]


def _grids_of(done: Run) -> list[Grid]:
    summary = Summary(done.rows)
    grids = [*exchange_grids(done, summary), process_grid(done.processes, summary)]
    return [grid for grid in grids if grid.rows]


def _write(wishes: Wishes, results: Results, grids: Sequence[Grid]) -> None:
    if wishes.json:
        wishes.json.parent.mkdir(parents=True, exist_ok=True)
        wishes.json.write_bytes(orjson.dumps(_plain(results), option=orjson.OPT_INDENT_2))
    if wishes.plot:
        wishes.plot.parent.mkdir(parents=True, exist_ok=True)
        wishes.plot.write_text(draw(panels(Summary(results.main.rows))), "utf-8")
    if wishes.page:
        parts = [spell(results.machine) + ".", *(grid.markdown() for grid in grids), *_notes(results.main)]
        if wishes.plot:
            drawn = os.path.relpath(wishes.plot, wishes.page.parent)
            parts.insert(1, f"![Cost and added latency of what was measured]({drawn})")
        put(wishes.page, "exchanges", "\n\n".join(parts))


def _notes(main: Run) -> list[str]:
    """Say what has no figures, and why."""
    left_out = [f"`{name}` was left out: {reason}." for name, reason in main.skipped.items()]
    void = dict.fromkeys(
        f"`{row.subject}`, {row.cell}: {row.measured.error}." for row in main.rows if row.measured.error
    )
    return left_out + [f"Void: {text}" for text in void]


def _plain(results: Results) -> dict[str, object]:
    runs = [item for item in (results.main, results.scaling) if item is not None]
    subjects = [subject for item in runs for subject in item.plan.subjects]
    return {
        "machine": results.machine,
        "subjects": {subject.name: subject.about for subject in subjects},
        "skipped": {name: reason for item in runs for name, reason in item.skipped.items()},
        "seconds": results.main.plan.measure.seconds,
        "rounds": results.main.plan.rounds,
        "pinned": results.main.plan.pin,
        "rows": [asdict(row) for item in runs for row in item.rows],
        "processes": {
            name: [asdict(one) for one in items] for item in runs for name, items in item.processes.items()
        },
        "targets": [asdict(answer) | {"answer": answer.word} for answer in results.answers],
    }
