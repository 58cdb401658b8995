"""``sluicegate bench dialects``: what reading and writing a provider's format costs, beside nginx."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson
from rich.console import Console

from .cells import CELLS, Measure
from .dialects import EventCost, Exchanged, events, exchanged
from .faces import CELL, NginxPost
from .figures import Spread, ratios, spread
from .machine import describe, spell
from .page import put
from .report import Grid, answer_grid, spelled
from .rounds import Plan, cores, run
from .subject import affinity
from .summary import Summary
from .targets import Answer, Target, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectsWishes:
    """What the command line asks for. `seconds` is how long one figure of one round takes."""

    rounds: int = 5
    seconds: float = 0.5
    pin: bool = True
    json: Path | None = None
    page: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured: exchanges and nginx's microseconds a request by round, and events."""

    exchanges: Mapping[int, Exchanged]
    nginx: Mapping[int, float]
    events: Sequence[EventCost]
    left_out: str = ""


def bench_dialects(wishes: DialectsWishes, console: Console, say: Callable[[str], None]) -> list[Answer]:
    """Measure and report. Raises `ApplianceError` when nginx did not start, `OSError` for a file."""
    machine = describe()
    found = _measure(wishes, say)
    answers = _answers(found)
    grids = [_exchange_grid(found), _event_grid(found.events), answer_grid(answers)]
    console.print(spell(machine))
    for grid in grids:
        grid.print(console)
    if wishes.json:
        wishes.json.parent.mkdir(parents=True, exist_ok=True)
        targets = [asdict(answer) | {"answer": answer.word} for answer in answers]
        plain = {"machine": machine, "found": asdict(found), "targets": targets}
        options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        wishes.json.write_bytes(orjson.dumps(plain, option=options))
    if wishes.page:
        parts = [spell(machine) + ".", *(grid.markdown() for grid in grids)]
        put(wishes.page, "dialects", "\n\n".join([*parts, *([found.left_out] if found.left_out else [])]))
    return answers


def _measure(wishes: DialectsWishes, say: Callable[[str], None]) -> Found:
    """Measure exchanges and nginx in turn, then events, all on the core of what is measured."""
    measure = Measure(seconds=max(wishes.seconds, 0.1), warm=0.1)
    plan = Plan([NginxPost()], [cell for cell in CELLS if cell.name == CELL], 1, measure, wishes.pin)
    exchanges: dict[int, Exchanged] = {}
    nginx: dict[int, float] = {}
    left_out = ""
    for number in range(1, wishes.rounds + 1):
        with affinity(cores(plan)[0]):
            exchanges[number] = exchanged(wishes.seconds)
        say(f"round {number}/{wishes.rounds}  an exchange: {exchanges[number].layer:.1f} us")
        done = run(plan, say)
        rows = [replace(row, round=number) for row in done.rows]
        nginx |= Summary(rows).cpu("nginx", CELL)
        left_out = "".join(f"`{name}` was left out: {why}." for name, why in done.skipped.items())
    with affinity(cores(plan)[0]):
        return Found(exchanges, nginx, events(wishes.rounds), left_out)


def _exchange_grid(found: Found) -> Grid:
    exchanges = found.exchanges.values()
    rows = [
        ("the exchange, its format read", spelled(spread([item.read for item in exchanges]), 1)),
        ("the same, its bytes passed unread", spelled(spread([item.unread for item in exchanges]), 1)),
        ("the layer of dialects", spelled(spread([item.layer for item in exchanges]), 1)),
        ("nginx, which passes such a request on", spelled(spread([*found.nginx.values()]), 1)),
    ]
    return Grid("A chat request of 1.2 kB and its answer, nothing looked for", ("", "CPU us"), rows)


def _event_grid(found: Sequence[EventCost]) -> Grid:
    rows = [(item.name, spelled(item.layer, 2), spelled(item.framing, 2)) for item in found]
    head = ("a word", "CPU us over bytes passed unread", "cutting alone would be")
    return Grid("Streamed events, nothing looked for", head, rows)


def _answers(found: Found) -> list[Answer]:
    layer = {number: item.layer for number, item in found.exchanges.items()}
    to_nginx = judge("CPU of the layer of dialects, to nginx's", "at most", 1.3, ratios(layer, found.nginx))
    return [to_nginx, *(_event_answer(item.name, item.layer) for item in found.events)]


def _event_answer(name: str, layer: Spread) -> Answer:
    return Answer(Target(f"a streamed event, {name}", "at most", 2, "us"), layer)
