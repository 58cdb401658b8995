"""``sluicegate bench faces``: a kilobyte of prompt through every face, on one core."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from rich.console import Console

from .cells import CELLS, Measure
from .figures import Spread, gathered, ratios, spread
from .library_face import Pace
from .machine import describe, spell
from .middleware_face import GUARDED, UNGUARDED
from .own_subject import Ourselves
from .page import put
from .plain_subjects import Nginx
from .proxy_subjects import pair
from .report import Grid, answer_grid, spelled
from .rounds import Plan, Run, cores, run
from .subject import Ask, Place, Running, Subject, affinity
from .summary import ByRound, Summary
from .targets import Answer, judge
from .workload import MARK, inspect_body, post_body

CELL = "plain-16"
"""Enough at once to keep a worker busy."""
TURNS = 4
"""Turns of mitmproxy that take as long as one cell of the others."""
GOES = 3
"""How often in a round the faces without a server are measured, each time in a process of its own."""
PASSED_ON = "POST of 1.2 kilobytes, passed on"
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


@dataclass(frozen=True, slots=True)
class NginxPost:
    """nginx, which is asked for what the middleware is asked for; its upstream answers."""

    name: str = "nginx"
    about: str = PASSED_ON
    workers: int = 1

    def missing(self) -> str:
        """Say whether the program is there."""
        return Nginx().missing()

    def start(self, place: Place) -> Running:
        """Start it."""
        ask = Ask("/v1/chat/completions", post_body().decode(), (MARK,))
        return replace(Nginx().start(place), ask=ask)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacesWishes:
    """What the command line asks for."""

    rounds: int = 5
    pairs: int = 16
    """Short turns of mitmproxy with and without our addon, in each round: they differ by little."""
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
        """Requests for a second of processor time; None where less than nothing was measured of a face."""
        if self.cpu is None or self.cpu.least <= 0:
            return None
        return Spread(1e6 / self.cpu.middle, 1e6 / self.cpu.most, 1e6 / self.cpu.least)


def bench_faces(wishes: FacesWishes, console: Console, say: Callable[[str], None]) -> list[Face]:
    """Measure and report. Raises `ApplianceError` when nothing could be started, `OSError` for a file."""
    machine = describe()
    measure = Measure(seconds=wishes.seconds, warm=min(0.5, wishes.seconds / 3))
    cells = [cell for cell in CELLS if cell.name == CELL]
    plan = Plan([Sidecar(), GATEWAY], cells, wishes.rounds, measure, wishes.pin)
    beside = _beside(plan, say)
    mitmproxy = pair()
    proxied = run(_in_turns(plan, mitmproxy, wishes.pairs), say)
    served = run(plan, say)
    faces = [*beside.faces(), *_served(served), *_served(proxied)]
    cpu = [gathered(Summary(proxied.rows).cpu(subject.name, CELL), wishes.pairs) for subject in mitmproxy]
    answers = _answers(beside, ratios(cpu[1], cpu[0]))
    grids = [_grid(faces), answer_grid(answers)]
    console.print(spell(machine))
    for grid in grids:
        grid.print(console)
    if wishes.json:
        wishes.json.parent.mkdir(parents=True, exist_ok=True)
        targets = [asdict(answer) | {"answer": answer.word} for answer in answers]
        found = {"machine": machine, "faces": [asdict(face) for face in faces], "targets": targets}
        wishes.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    if wishes.page:
        left_out = [f"`{name}` was left out: {why}." for name, why in proxied.skipped.items()]
        put(
            wishes.page,
            "faces",
            "\n\n".join([f"{spell(machine)}.", *(grid.markdown() for grid in grids), *left_out]),
        )
    return faces


def _in_turns(plan: Plan, subjects: Sequence[Subject], pairs: int) -> Plan:
    """Return a plan for two that differ by little: turns so short that what disturbs one disturbs both."""
    seconds = plan.measure.seconds / TURNS
    measure = Measure(seconds=seconds, warm=seconds / 3)
    return replace(plan, subjects=subjects, rounds=pairs * plan.rounds, measure=measure, turns=True)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What was measured without a server of ours, and nginx: by name and what was asked, go by go."""

    paces: dict[tuple[str, str], dict[int, Pace]]

    def faces(self) -> list[Face]:
        """What each of them costs."""
        return [
            Face(name, f"a {what}", _over(self.cpu(name, what)), _over(self._rate(name, what)))
            for name, what in sorted(self.paces)
        ]

    def cpu(self, name: str, what: str) -> ByRound:
        """Microseconds by round."""
        return gathered({go: pace.cpu for go, pace in self._of(name, what)}, GOES)

    def _rate(self, name: str, what: str) -> ByRound:
        return gathered({go: pace.rate for go, pace in self._of(name, what)}, GOES)

    def _of(self, name: str, what: str) -> Iterable[tuple[int, Pace]]:
        return self.paces.get((name, what), {}).items()


def _beside(plan: Plan, say: Callable[[str], None]) -> _Beside:
    """Measure the faces that need no server, and nginx, in turn."""
    measure = replace(plan.measure, seconds=plan.measure.seconds / 2)
    short = replace(plan, subjects=[NginxPost()], rounds=1, measure=measure)
    paces: dict[tuple[str, str], dict[int, Pace]] = {}
    with TemporaryDirectory(prefix="sluicegate-bench-") as cache:
        for go, name in product(range(1, plan.rounds * GOES + 1), ("library", "middleware", "nginx")):
            found = _nginx(short) if name == "nginx" else _face(name, cache, short)
            for what, pace in found.items():
                paces.setdefault((name, what), {})[go] = pace
                say(f"go {go}/{plan.rounds * GOES}  {name}, {what}: cpu {pace.cpu:.1f} us")
    return _Beside(paces)


def _face(name: str, cache: str, plan: Plan) -> dict[str, Pace]:
    """Measure a face that needs no server, by the module of its name."""
    command = [sys.executable, "-m", f"{__package__}.{name}_face", cache, str(plan.measure.seconds)]
    with affinity(cores(plan)[0]):
        ran = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own module
    return {what: Pace(**pace) for what, pace in orjson.loads(ran.stdout).items()}


def _nginx(plan: Plan) -> dict[str, Pace]:
    """Measure nginx; nothing where it is not on this machine, or gave a wrong answer."""
    summary = Summary(run(plan, lambda _: None).rows)
    found = [*map(Pace, summary.cpu("nginx", CELL).values(), summary.rate("nginx", CELL).values())]
    return {PASSED_ON: found[0]} if found else {}


def _answers(beside: _Beside, addon: Sequence[float]) -> list[Answer]:
    guarded, unguarded = beside.cpu("middleware", GUARDED), beside.cpu("middleware", UNGUARDED)
    to_nginx = ratios(guarded, beside.cpu("nginx", PASSED_ON))
    return [
        judge("CPU of the middleware, a guarded POST, to nginx's", "at most", 2.5, to_nginx),
        judge(
            "CPU of the middleware, a request that is not guarded", "at most", 3, [*unguarded.values()], "us"
        ),
        judge("CPU of mitmproxy with our addon to one that does nothing", "at most", 1.1, addon),
    ]


def _served(done: Run) -> list[Face]:
    summary = Summary(done.rows)
    return [
        Face(
            subject.name,
            subject.about,
            _over(summary.cpu(subject.name, CELL)),
            _over(summary.rate(subject.name, CELL)),
        )
        for subject in done.plan.subjects
    ]


def _over(rounds: ByRound) -> Spread | None:
    return spread([*rounds.values()])


def _grid(faces: Sequence[Face]) -> Grid:
    head = ("face", "what is asked", "CPU us a request", "requests for a second of a core", "seen a second")
    rows = [
        (face.name, face.what, spelled(face.cpu, 1), spelled(face.a_core, 0), spelled(face.rate, 0))
        for face in faces
    ]
    return Grid("A kilobyte of prompt, one worker", head, rows)
