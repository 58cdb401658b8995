"""``sluicegate bench detection``: what detection costs, with its tables and JSON."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from rich.console import Console

from .figures import Spread, spread
from .filler import filled_packs
from .hostile import LIMIT, MEGABYTE, Dear, dearest
from .machine import describe, spell
from .page import put
from .report import Grid, answer_grid, spelled
from .scanning import SIZES, Scan, built, by_kind, exchanges, frames, scans, views
from .start import Start
from .targets import Answer, Target, judge

_DEAREST = 16
"""Kinds of dear texts that are printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionWishes:
    """What the command line asks for.

    `counts` are numbers of rules, the packs filled up, the smallest first; 0 takes the packs as
    they are. `seconds` is how long one figure of one round takes, `dear`
    the bytes of a dear text.
    """

    counts: Sequence[int] = (0, 300, 3000)
    rounds: int = 5
    seconds: float = 0.05
    dear: int = MEGABYTE
    json: Path | None = None
    page: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What one number of rules costs."""

    rules: int
    scans: list[Scan]
    views: Spread
    frame: Spread
    exchange: Spread
    starts: Mapping[str, Spread]
    dear: Sequence[Dear]
    """Kinds of texts made to be dear, the dearest first; none for filled packs."""


def bench_detection(wishes: DetectionWishes, console: Console, say: Callable[[str], None]) -> list[Answer]:
    """Measure and report; at least two numbers of rules. Raises `OSError` when a file cannot be written."""
    machine = describe()
    found = []
    with TemporaryDirectory(prefix="sluicegate-bench-") as cache:
        for count in wishes.counts:
            say(f"{len(filled_packs(count))} rules")
            found.append(_measure(count, wishes, Path(cache)))
    answers = _answers(found)
    grids = [_kinds_grid(found), _rest_grid(found)]
    grids += [_dear_grid(item.dear) for item in found if item.dear]
    grids.append(answer_grid(answers))
    console.print(spell(machine))
    for grid in grids:
        grid.print(console)
    if wishes.json:
        wishes.json.parent.mkdir(parents=True, exist_ok=True)
        plain = {"machine": machine, "found": [asdict(item) for item in found]}
        wishes.json.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    if wishes.page:
        parts = [spell(machine) + ".", *(grid.markdown() for grid in grids)]
        put(wishes.page, "detection", "\n\n".join(parts))
    return answers


def _measure(count: int, wishes: DetectionWishes, cache: Path) -> Found:
    rules = filled_packs(count)
    _start(cache, count)
    begun = [_start(cache, count) for _ in range(wishes.rounds)]
    core = built(rules, cache)
    names = ("load", "build", "first", "frame")
    starts = {name: spread([getattr(item, name) for item in begun]) for name in names}
    return Found(
        len(rules),
        scans(core, len(rules), wishes.rounds, wishes.seconds),
        views(core, wishes.rounds, wishes.seconds),
        frames(core, wishes.rounds),
        exchanges(core, wishes.rounds, wishes.seconds),
        {name: value for name, value in starts.items() if value is not None},
        () if count else dearest(core, wishes.dear),
    )


def _start(cache: Path, count: int) -> Start:
    command = [sys.executable, "-m", f"{__package__}.start", str(cache), str(count)]
    ran = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own module
    return Start(**orjson.loads(ran.stdout))


def _kinds_grid(found: Sequence[Found]) -> Grid:
    head = [
        "text",
        *(f"{item.rules} rules, {size // 1024} KB" for item in found for size in SIZES),
        "findings",
    ]
    rows = []
    for kind in by_kind(found[0].scans, SIZES[0]):
        cells = [by_kind(item.scans, size)[kind] for item in found for size in SIZES]
        rows.append((kind, *(spelled(cell.cost, 2) for cell in cells), str(cells[-1].findings)))
    return Grid("Scanning: microseconds a kilobyte", tuple(head), rows)


def _dear_grid(dear: Sequence[Dear]) -> Grid:
    rows = [
        (item.kind, f"{item.prompt:.0f}", f"{item.answer:.0f}", item.unjudged) for item in dear[:_DEAREST]
    ]
    head = ("", "in a prompt", "in an answer", "not judged")
    return Grid(f"The dearest of {len(dear)} kinds: milliseconds a megabyte", head, rows)


def _rest_grid(found: Sequence[Found]) -> Grid:
    rows = [
        ("all views, more on prose, us a KB", *(spelled(item.views, 2) for item in found)),
        ("a frame of a stream, us", *(spelled(item.frame, 1) for item in found)),
        ("a whole request and its answer, us", *(spelled(item.exchange, 1) for item in found)),
        ("compiled rules loaded from the cache, ms", *_starts(found, "load")),
        ("the core built around them, ms", *_starts(found, "build")),
        ("first request and answer after a start, ms", *_starts(found, "first")),
        ("first frames after that, ms", *_starts(found, "frame")),
    ]
    return Grid("Frames, exchanges, starts", ("", *(f"{item.rules} rules" for item in found)), rows)


def _starts(found: Sequence[Found], name: str) -> list[str]:
    return [spelled(item.starts.get(name), 1) for item in found]


def _answers(found: Sequence[Found]) -> list[Answer]:
    few, many = found[-2], found[-1]
    worst = max(scan.cost.middle for item in found for scan in by_kind(item.scans, SIZES[-1]).values())
    few_prose, many_prose = (by_kind(item.scans, SIZES[-1])["prose"].cost for item in (few, many))
    dear = [max(kind.prompt, kind.answer) for item in found for kind in item.dear[:1]]
    return [
        *([judge("a megabyte of the dearest kind", "at most", LIMIT, dear, unit="ms")] if dear else ()),
        _within(f"prose at {few.rules} rules", 1.5, "us a KB", few_prose),
        _within(f"prose at {many.rules} rules", 2.5, "us a KB", many_prose),
        _within("all views, more on prose", 1, "us a KB", few.views),
        judge("the worst kind of text", "at most", 6, [worst], unit="us a KB"),
        _within("first scan after a start", 50, "ms", few.starts.get("first")),
        _within(f"{many.rules} rules loaded from the cache", 50, "ms", many.starts.get("load")),
    ]


def _within(text: str, limit: float, unit: str, found: Spread | None) -> Answer:
    return Answer(Target(text, "at most", limit, unit), found)
