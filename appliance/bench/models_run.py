"""``sluicegate bench models``: what the small models cost whole exchanges, at full load and at half."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import uvloop
from rich.console import Console

from .benign_mix import requests
from .figures import spread
from .machine import describe, spell
from .open_load import Load, Upstream
from .own_subject import Ourselves
from .page import put
from .report import Grid, answer_grid, spelled
from .subject import Place, Running, free_port
from .targets import Answer, judge

LATE = 0.1
"""Seconds that a slow upstream takes."""
_AT_ONCE = 16
_FEW = 20.0
"""Requests a second where only the first byte counts."""
_NONE = {"linear": "off", "transformer": "off"}
_BOTH = {"linear": "on", "transformer": "on"}
_ALWAYS = """
extends = "balanced"

[tiers.transformer]
use = "always"
race = {}
"""

PATTERNS = Ourselves("patterns", "tier 0 alone", settings=_NONE)
MODELS = Ourselves("models", "tiers 0 to 2, the default budget", settings=_BOTH)
GATING = Ourselves(
    "gating", "every prompt to tier 2, the upstream waits", settings={**_BOTH, "policy": "gating"},
    policies={"gating": _ALWAYS.format("false")},
)  # fmt: skip
RACING = Ourselves(
    "racing", "every prompt to tier 2, the upstream does not wait", settings={**_BOTH, "policy": "racing"},
    policies={"racing": _ALWAYS.format("true")},
)  # fmt: skip
SUBJECTS = (PATTERNS, MODELS, GATING, RACING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsWishes:
    """What the command line asks for. `seconds` is how long each load of each round lasts."""

    rounds: int = 5
    seconds: float = 5.0
    json: Path | None = None
    page: Path | None = None


@dataclass(slots=True)
class Figures:
    """What was found of one subject: a value for each round; times in milliseconds."""

    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)


type Found = dict[str, Figures]


def bench_models(wishes: ModelsWishes, console: Console, say: Callable[[str], None]) -> list[Answer]:
    """Measure and report. Raises `ApplianceError` when nothing could be started, `OSError`."""
    with (
        TemporaryDirectory(prefix="sluicegate-bench-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        upstream = free_port()
        running: dict[str, Running] = {}
        for subject in SUBJECTS:
            say(f"{subject.name}: {subject.about}")
            own = Path(folder) / subject.name
            own.mkdir()
            running[subject.name] = subject.start(Place(own, upstream))
            stack.callback(running[subject.name].stop)
        found = uvloop.run(_measured(running, upstream, wishes, say))
    machine, answers = describe(), _answers(found)
    grids = [_grid(found), answer_grid(answers)]
    console.print(spell(machine))
    for grid in grids:
        grid.print(console)
    if wishes.json:
        plain = {"machine": machine, "found": {name: asdict(item) for name, item in found.items()}}
        wishes.json.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    if wishes.page:
        parts = [spell(machine) + ".", *(grid.markdown() for grid in grids)]
        put(wishes.page, "models", "\n\n".join(parts))
    return answers


async def _measured(
    running: dict[str, Running], port: int, wishes: ModelsWishes, say: Callable[[str], None]
) -> Found:
    upstream = Upstream()
    await upstream.start(port)
    loads = {
        name: Load(item.port, item.headers, requests(seed))
        for seed, (name, item) in enumerate(running.items())
    }
    found = {name: Figures() for name in loads}
    try:
        for load in loads.values():
            await load.closed(_AT_ONCE, min(1.0, wishes.seconds))
        for number in range(wishes.rounds):
            say(f"round {number + 1}")
            await _round(loads, found, upstream, wishes.seconds, number)
    finally:
        for load in loads.values():
            await load.close()
        await upstream.close()
    return found


async def _round(loads: dict[str, Load], found: Found, upstream: Upstream, seconds: float, seed: int) -> None:
    pair = (PATTERNS.name, MODELS.name)
    for name in pair:
        found[name].rate.append((await loads[name].closed(_AT_ONCE, seconds)).rate)
    half = found[MODELS.name].rate[-1] / 2
    for name in pair:
        seen = await loads[name].open(half, seconds, seed)
        found[name].p50.append(_part(seen.last, 0.5))
        found[name].p99.append(_part(seen.last, 0.99))
    upstream.delay = LATE
    for name in (PATTERNS.name, GATING.name, RACING.name):
        slow = await loads[name].open(_FEW, seconds, seed)
        found[name].first.append(_part(slow.first, 0.5))
    upstream.delay = 0.0


def _part(seconds: list[float], part: float) -> float:
    ordered = sorted(seconds)
    return ordered[round(part * (len(ordered) - 1))] * 1000 if ordered else 0.0


def _grid(found: Found) -> Grid:
    rows = [
        (
            f"{subject.name}: {subject.about}",
            *(spelled(spread(values), 1) for values in _columns(found[subject.name])),
        )
        for subject in SUBJECTS
    ]
    head = ("", "requests a second", "p50 at half of it, ms", "p99, ms", "first byte, upstream 100 ms")
    return Grid("The small models, on everyday requests", head, rows)


def _columns(figures: Figures) -> tuple[list[float], ...]:
    return figures.rate, figures.p50, figures.p99, figures.first


def _answers(found: Found) -> list[Answer]:
    none, both, racing = found[PATTERNS.name], found[MODELS.name], found[RACING.name]
    rates = [own / other for own, other in zip(both.rate, none.rate, strict=True)]
    times = [own / other for own, other in zip(both.p50, none.p50, strict=True)]
    tails = [own - other for own, other in zip(both.p99, none.p99, strict=True)]
    firsts = [own - other for own, other in zip(racing.first, none.first, strict=True)]
    return [
        judge("throughput with tiers 0 to 2, to tier 0 alone", "at least", 0.5, rates),
        judge("p50 at half load, to tier 0 alone", "at most", 1.3, times),
        judge("p99 at half load, more than tier 0 alone", "at most", 20, tails, unit="ms"),
        judge("first byte in a race, later than tier 0 alone", "at most", 1, firsts, unit="ms"),
    ]
