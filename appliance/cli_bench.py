"""``sluicegate bench``: what the appliance costs on this machine."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

bench = typer.Typer(
    help="Measure the appliance beside nginx and other gateways, or the detection alone.",
    invoke_without_command=True,
)

_JsonOption = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write every figure, also those of each round.")
]
_PageOption = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Put the tables between the markers of a Markdown page."),
]
_QUICK_SECONDS = 0.3


@bench.callback()
def exchanges(
    context: typer.Context,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds; medians are taken over them.")] = 5,
    seconds: Annotated[float, typer.Option("--seconds", min=0.05, help="How long each cell lasts.")] = 2.0,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="Only this subject (guarded...), cell (plain-16...) or workers."
        ),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option("--peer", metavar="NAME=PATH", help="Where ferrogw, portkey or litellm is installed."),
    ] = None,
    pin: Annotated[bool, typer.Option(help="Give what is measured cores of its own.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="One short round: to see that it runs.")] = False,
    json: _JsonOption = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the result (SVG).")
    ] = None,
    page: _PageOption = None,
) -> None:
    """Measure whole exchanges: time, processor time, memory, beside nginx and other gateways."""
    if context.invoked_subcommand is not None:
        return
    from .bench.exchanges import Wishes  # noqa: PLC0415 - help and errors need not wait for it
    from .bench.exchanges import bench as measure  # noqa: PLC0415 - as above

    wishes = Wishes(
        rounds=1 if quick else rounds,
        seconds=_QUICK_SECONDS if quick else seconds,
        only=only or (),
        peers=peer or (),
        pin=pin,
        json=json,
        plot=plot,
        page=page,
    )
    measure(wishes, _console(), lambda line: typer.echo(line, err=True))


@bench.command()
def detection(
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds; medians are taken over them.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="One short round: to see that it runs.")] = False,
    json: _JsonOption = None,
    page: _PageOption = None,
) -> None:
    """Measure detection alone: a kilobyte of each kind of text, a frame, a start; by number of rules."""
    from .bench.detection_run import DetectionWishes, bench_detection  # noqa: PLC0415 - as above

    wishes = DetectionWishes(rounds=1, seconds=0.01) if quick else DetectionWishes(rounds=rounds)
    wishes = replace(wishes, json=json, page=page)
    bench_detection(wishes, _console(), lambda line: typer.echo(line, err=True))


@bench.command()
def dialects(
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds; medians are taken over them.")] = 5,
    seconds: Annotated[float, typer.Option("--seconds", min=0.05, help="How long each figure takes.")] = 0.5,
    pin: Annotated[bool, typer.Option(help="Give what is measured a core of its own.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="One short round: to see that it runs.")] = False,
    json: _JsonOption = None,
    page: _PageOption = None,
) -> None:
    """Measure the formats alone: a chat request beside nginx, and a streamed event of each provider."""
    from .bench.dialects_run import DialectsWishes, bench_dialects  # noqa: PLC0415 - as above

    wishes = DialectsWishes(
        rounds=1 if quick else rounds,
        seconds=0.05 if quick else seconds,
        pin=pin,
        json=json,
        page=page,
    )
    bench_dialects(wishes, _console(), lambda line: typer.echo(line, err=True))


@bench.command()
def faces(
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds; medians are taken over them.")] = 5,
    seconds: Annotated[float, typer.Option("--seconds", min=0.05, help="How long each cell lasts.")] = 2.0,
    pin: Annotated[bool, typer.Option(help="Give what is measured a core of its own.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="One short round: to see that it runs.")] = False,
    json: _JsonOption = None,
    page: _PageOption = None,
) -> None:
    """Measure a prompt through the library, the detection service and the gateway, on one core."""
    from .bench.faces import FacesWishes, bench_faces  # noqa: PLC0415 - as above

    wishes = FacesWishes(
        rounds=1 if quick else rounds,
        seconds=_QUICK_SECONDS if quick else seconds,
        pin=pin,
        json=json,
        page=page,
    )
    bench_faces(wishes, _console(), lambda line: typer.echo(line, err=True))


@bench.command()
def models(
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds; medians are taken over them.")] = 5,
    seconds: Annotated[float, typer.Option("--seconds", min=0.05, help="How long each load lasts.")] = 5.0,
    quick: Annotated[bool, typer.Option("--quick", help="One short round: to see that it runs.")] = False,
    json: _JsonOption = None,
    page: _PageOption = None,
) -> None:
    """Measure what the small models cost: throughput, times under an open load, first bytes in a race."""
    from .bench.models_run import ModelsWishes, bench_models  # noqa: PLC0415 - as above

    wishes = ModelsWishes(
        rounds=1 if quick else rounds,
        seconds=_QUICK_SECONDS if quick else seconds,
        json=json,
        page=page,
    )
    bench_models(wishes, _console(), lambda line: typer.echo(line, err=True))


def _console() -> "Console":
    """A terminal is as wide as it is; a file gets lines that hold a table."""
    from rich.console import Console  # noqa: PLC0415 - as above

    return Console(width=None if sys.stdout.isatty() else 140)
