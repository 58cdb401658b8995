"""``sluicegate intercept``: the transparent proxy, the rules that lead to it, what it saw."""

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_options import (
    ConfigOption,
    DataDirOption,
    HostOption,
    WorkersOption,
    columns,
    read_settings,
)
from .errors import ApplianceError, SettingError
from .settings import Settings

if TYPE_CHECKING:
    from .intercept_plan import Plan
    from .intercept_settings import InterceptSettings

interception = typer.Typer(
    help="The transparent proxy; without a command: start the appliance with it.",
    invoke_without_command=True,
    no_args_is_help=False,
)

_INTERFACE = re.compile(r"[A-Za-z0-9_.@-]{1,15}")
_ENDPOINT = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,31}")


@interception.callback()
def intercept(
    context: typer.Context,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: HostOption = None,
    workers: WorkersOption = None,
    mode: Annotated[
        list[str] | None,
        typer.Option("--mode", metavar="MODE", help="As modes of [intercept], which it takes the place of."),
    ] = None,
) -> None:
    """Start the appliance with the transparent proxy, whether the settings ask for it or not."""
    if context.invoked_subcommand is not None:
        return

    def read() -> Settings:
        settings = read_settings(config=config, data_dir=data_dir, host=host, workers=workers)
        return replace(settings, intercept=_wanted(settings.intercept, mode))

    settings = read()
    from .serve import run  # noqa: PLC0415 - help and usage errors need not wait for it

    run(settings, read)


@interception.command()
def plan(
    gateway: Annotated[
        str | None,
        typer.Option("--gateway", metavar="INTERFACE", help="Lead through what comes in here from others."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user", metavar="USER", help="Lead through what others than this user's programs send."
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port of the mode transparent.")] = 8080,
    apply: Annotated[
        bool, typer.Option("--apply", help="Put the rules in force instead of only printing.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the rules back that are in force.")] = False,
) -> None:
    """Print the rules of nftables that lead a machine's traffic through the proxy, and how to undo them."""
    from . import intercept_plan  # noqa: PLC0415 - help need not wait for it

    if undo:
        intercept_plan.undo()
        return
    if (gateway is None) == (user is None):
        raise SettingError("say --gateway INTERFACE or --user USER")
    if gateway is not None and not _INTERFACE.fullmatch(gateway):
        raise SettingError("--gateway: expected the name of an interface")
    if user is not None and not _USER.fullmatch(user):
        raise SettingError("--user: expected the name or the number of a user")
    made = (
        intercept_plan.gateway_plan(gateway, port) if gateway else intercept_plan.host_plan(user or "", port)
    )
    _print(made)
    if apply:
        intercept_plan.apply(made)


@interception.command()
def wireguard(
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="HOST:PORT", help="Where clients reach the proxy.")
    ],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print what a client of WireGuard is given for the mode wireguard. It holds a private key."""
    if not _ENDPOINT.fullmatch(endpoint):
        raise SettingError("--endpoint: expected HOST:PORT")
    settings = read_settings(config=config, data_dir=data_dir)
    from ..gateway.transparent.wireguard import FILE, client_configuration  # noqa: PLC0415 - as above
    from .authority_folder import FOLDER  # noqa: PLC0415 - as above

    try:
        typer.echo(client_configuration(settings.data_dir / FOLDER / FILE, endpoint), nl=False)
    except OSError as error:
        raise ApplianceError(f"{error.filename}: {error.strerror}; was the mode wireguard started?") from None
    except ValueError as error:
        raise ApplianceError(str(error)) from None


@interception.command()
def report(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what the proxy saw: models nobody allowed, and clients that go past it, with what to do."""
    settings = read_settings(config=config, data_dir=data_dir)
    from .intercept_plan import quic_seen  # noqa: PLC0415 - help need not wait for it
    from .intercept_report import ADVICE, read_report  # noqa: PLC0415 - as above

    found = read_report(settings.data_dir)
    packets = quic_seen()
    if packets:
        found["listed"].append(("quic", "", "turned away by the rules", packets))
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(columns(("Counted", "Times"), [(name, str(times)) for name, times in found["counts"].items()]))
    rows = [(kind, client, host, str(times)) for kind, client, host, times in found["listed"]]
    if rows:
        typer.echo("\n" + columns(("What", "Client", "Host", "Times"), rows))
        for kind in dict.fromkeys(row[0] for row in rows):
            typer.echo(f"\n{kind}: {ADVICE[kind]}")


def _wanted(stated: "InterceptSettings | None", modes: list[str] | None) -> "InterceptSettings":
    from .intercept_settings import (  # noqa: PLC0415 - as above
        KEYS,
        InterceptSettings,
        require_askable,
        require_mitmproxy,
    )

    require_mitmproxy("intercept")
    settings = stated or InterceptSettings()
    if not modes:
        return settings
    kind = next(key.kind for key in KEYS if key.name == "modes")
    try:
        settings = replace(settings, modes=kind.read(modes))
    except ValueError:
        raise SettingError(f"--mode: expected {kind.name}") from None
    require_askable(settings, "--mode")
    return settings


def _print(made: "Plan") -> None:
    for command in made.before:
        typer.echo(f"# {' '.join(command)}")
    typer.echo(made.rules)
    for note in made.notes:
        typer.echo(f"# {note}")
    typer.echo(f"# Undo: {' '.join(made.undo)}")
