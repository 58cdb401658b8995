"""One run: start everything, measure every cell of every subject in each round, stop everything.

Subjects are interleaved: within a round each cell is measured subject after subject, so that what
disturbs the machine disturbs them alike, and ratios are taken within the round.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from . import stamps
from .accounting import name_of, proportional_bytes, resident_bytes, seconds_by_process
from .cells import CELLS, Cell, Measure, order
from .orders import Measured, Order, read_measured
from .subject import Place, Running, StartError, Subject, affinity, free_port, spawn, wait_until_ready

_IDLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured.

    `pin` gives the subject a core of its own. With `turns` every other round asks the subjects in the other
    order, so that nobody is always asked behind the same one.
    """

    subjects: Sequence[Subject]
    cells: Sequence[Cell] = CELLS
    rounds: int = 5
    measure: Measure = field(default_factory=Measure)
    pin: bool = True
    turns: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One measured cell of one subject in one round."""

    round: int
    subject: str
    cell: str
    measured: Measured
    load_average: float


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a subject after the run.

    `resident` and `proportional` are bytes, `seconds` processor time since it began, `idle`
    processor seconds a second while nobody asks for anything.
    """

    name: str
    resident: int
    proportional: int
    seconds: float
    idle: float


@dataclass(slots=True)
class Run:
    """What a run came to. `skipped` says why a subject was not measured."""

    plan: Plan
    rows: list[Row] = field(default_factory=list)
    processes: dict[str, list[Process]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def run(plan: Plan, say: Callable[[str], None]) -> Run:
    """Measure. `say` is told what goes on. Raises `StartError` when the upstream does not start."""
    done = Run(plan)
    subject_cores, other_cores = cores(plan)
    with TemporaryDirectory(prefix="sluicegate-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        stack.enter_context(affinity(other_cores))
        stamped = folder / "stamps"
        stamps.create(stamped)
        upstream = stack.enter_context(_upstream(folder, stamped, plan.measure))
        place = Place(folder, upstream)
        with affinity(subject_cores):
            running = dict(_started(plan, place, stack, done, say))
        load = stack.enter_context(_load())
        for number in range(1, plan.rounds + 1):
            asked = [*running.items()]
            if plan.turns and number % 2 == 0:
                asked.reverse()
            for cell in plan.cells:
                for subject, serves in asked:
                    measured = _ask(load, order(cell, serves, plan.measure, str(stamped)))
                    done.rows.append(Row(number, subject, cell.name, measured, os.getloadavg()[0]))
                    say(_line(number, plan.rounds, subject, cell, measured))
        done.processes = _processes(running)
    return done


def cores(plan: Plan) -> tuple[list[int], list[int]]:
    """Return the cores of the subjects and those of everything else; none where nothing is pinned."""
    available = sorted(os.sched_getaffinity(0))
    wanted = max((subject.workers for subject in plan.subjects), default=1)
    if not plan.pin or len(available) <= wanted:
        return [], []
    return available[:wanted], available[wanted:]


def _started(
    plan: Plan, place: Place, stack: ExitStack, done: Run, say: Callable[[str], None]
) -> Iterator[tuple[str, Running]]:
    for subject in plan.subjects:
        reason = subject.missing()
        if not reason:
            own = place.folder / subject.name
            own.mkdir()
            try:
                running = subject.start(replace(place, folder=own))
            except StartError as error:
                reason = str(error)
            else:
                stack.callback(running.stop)
                yield subject.name, running
        if reason:
            done.skipped[subject.name] = reason
            say(f"{subject.name} is left out: {reason}")


@contextmanager
def _upstream(folder: Path, stamped: Path, measure: Measure) -> Iterator[int]:
    own = folder / "upstream"
    own.mkdir()
    port = free_port()
    command = [sys.executable, "-m", f"{__package__}.upstream"]
    arguments = [str(port), str(stamped), str(measure.chunks), str(measure.pace)]
    process = spawn([*command, *arguments], own)
    try:
        wait_until_ready(process, own, port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _load() -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", f"{__package__}.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own module
        yield process
        if process.stdin is not None:
            process.stdin.close()


def _ask(load: "subprocess.Popen[bytes]", asked: Order) -> Measured:
    if load.stdin is None or load.stdout is None:
        raise RuntimeError("the load generator was started without pipes")
    load.stdin.write(asked.dump())
    load.stdin.flush()
    line = load.stdout.readline()
    return read_measured(line) if line else Measured(error="the load generator ended")


def _processes(running: Mapping[str, Running]) -> dict[str, list[Process]]:
    """Look at every process, and for a while at what they do when nothing is asked of them."""
    pids = {subject: serves.pids() for subject, serves in running.items()}
    before = seconds_by_process(chain.from_iterable(pids.values()))
    time.sleep(_IDLE_SECONDS)
    after = seconds_by_process(before)
    return {
        subject: [
            Process(
                name_of(pid),
                resident_bytes(pid),
                proportional_bytes(pid),
                after[pid],
                (after[pid] - before[pid]) / _IDLE_SECONDS,
            )
            for pid in own
        ]
        for subject, own in pids.items()
    }


def _line(number: int, rounds: int, subject: str, cell: Cell, measured: Measured) -> str:
    head = f"round {number}/{rounds}  {cell.name:10} {subject:15}"
    if measured.error:
        return f"{head} void: {measured.error}"
    figures: Mapping[str, float] = measured.latency
    each = measured.cpu / max(1, measured.count) * 1e6
    return f"{head} {measured.count:7}  p50 {figures.get('p50', 0):8.0f} us  cpu {each:8.1f} us"
