"""``sluicegate bench faces``: one kilobyte of prompt through library, sidecar and gateway, on one core."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from rich.console import Console

from .cells import CELLS, Measure
from .figures import Spread, spread
from .library_face import Pace
from .machine import describe, spell
from .own_subject import Ourselves
from .page import put
from .report import Grid, spelled
from .rounds import Plan, Run, cores, run
from .subject import Ask, Place, Running, affinity
from .summary import Summary
from .workload import inspect_body

CELL = "plain-16"
"""Enough at once to keep a worker busy."""
GATEWAY = Ourselves("gateway", "a chat request and its answer, passed on to an upstream", "0")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The detection service of the same appliance: a text is posted to it, a verdict comes back."""

    name: str = "sidecar"
    about: str = "POST /v1/inspect: a prompt"
    workers: int = 1

    def missing(self) -> str:
        """It is always here."""
        return ""

    def start(self, place: Place) -> Running:
        """Start the appliance and speak to its detection service."""
        running = GATEWAY.start(place)
        asked = Ask("/v1/inspect", inspect_body().decode(), ('"action":"pass"',))
        return replace(running, port=running.ports["detection_port"], ask=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacesWishes:
    """What the command line asks for."""

    rounds: int = 5
    seconds: float = 2.0
    pin: bool = True
    json: Path | None = None
    page: Path | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """What one face costs: processor time a request in microseconds, requests a second that were seen."""

    name: str
    what: str
    cpu: Spread | None
    rate: Spread | None

    @property
    def a_core(self) -> Spread | None:
        """Requests for a second of processor time."""
        return self.cpu and Spread(1e6 / self.cpu.middle, 1e6 / self.cpu.most, 1e6 / self.cpu.least)


def bench_faces(wishes: FacesWishes, console: Console, say: Callable[[str], None]) -> list[Face]:
    """Measure and report. Raises `ApplianceError` when nothing could be started, `OSError` for a file."""
    machine = describe()
    measure = Measure(seconds=wishes.seconds, warm=min(0.5, wishes.seconds / 3))
    cells = [cell for cell in CELLS if cell.name == CELL]
    plan = Plan([Sidecar(), GATEWAY], cells, wishes.rounds, measure, wishes.pin)
    faces = [*_in_process(plan, say), *_served(run(plan, say))]
    grid = _grid(faces)
    console.print(spell(machine))
    grid.print(console)
    if wishes.json:
        wishes.json.parent.mkdir(parents=True, exist_ok=True)
        found = {"machine": machine, "faces": [asdict(face) for face in faces]}
        wishes.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    if wishes.page:
        put(wishes.page, "faces", f"{spell(machine)}.\n\n{grid.markdown()}")
    return faces


def _in_process(plan: Plan, say: Callable[[str], None]) -> list[Face]:
    """Measure the faces that need no server, each by the module of its name."""
    found: dict[tuple[str, str], list[Pace]] = {}
    with TemporaryDirectory(prefix="sluicegate-bench-") as cache, affinity(cores(plan)[0]):
        for number, name in product(range(1, plan.rounds + 1), ("library", "middleware")):
            command = [sys.executable, "-m", f"{__package__}.{name}_face", cache, str(plan.measure.seconds)]
            ran = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own module
            for what, pace in orjson.loads(ran.stdout).items():
                found.setdefault((name, what), []).append(Pace(**pace))
                say(f"round {number}/{plan.rounds}  {name}, {what}: cpu {pace['cpu']:.1f} us")
    return [
        Face(name, f"a {what}", spread([p.cpu for p in each]), spread([p.rate for p in each]))
        for (name, what), each in sorted(found.items())
    ]


def _served(done: Run) -> list[Face]:
    summary = Summary(done.rows)
    return [
        Face(
            subject.name,
            subject.about,
            spread([*summary.cpu(subject.name, CELL).values()]),
            spread([*summary.rate(subject.name, CELL).values()]),
        )
        for subject in done.plan.subjects
    ]


def _grid(faces: Sequence[Face]) -> Grid:
    head = ("face", "what is asked", "CPU us a request", "requests for a second of a core", "seen a second")
    rows = [
        (face.name, face.what, spelled(face.cpu, 1), spelled(face.a_core, 0), spelled(face.rate, 0))
        for face in faces
    ]
    return Grid("A kilobyte of prompt, one worker", head, rows)
