"""``sluicegate ban``: refuse service to an address, a key or an application, also while it runs."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ..detection.errors import SluicegateError
from .cli_control import with_control
from .cli_options import ConfigOption, DataDirOption, columns, read_settings
from .errors import ApplianceError

if TYPE_CHECKING:
    from ..admin_ui.store.ban_store import BanRow
    from ..admin_ui.store.control import Control

bans = typer.Typer(help="Refuse service to an address, a key or an application.", no_args_is_help=True)

KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="ip, key or application.")]
ValueArgument = Annotated[
    str, typer.Argument(metavar="VALUE", help="The address, the key's id, or the application's name or id.")
]
_TIME = "%Y-%m-%d %H:%M UTC"


@bans.command()
def add(
    kind: KindArgument,
    value: ValueArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")] = "",
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="N", help="How long; for ever when not given.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Ban; a running appliance refuses within a second."""
    settings = read_settings(config=config, data_dir=data_dir)
    until = None if minutes is None else time.time() + minutes * 60
    with_control(settings, lambda control: _add(control, kind, value, reason, until))
    typer.echo("Banned.", err=True)


@bans.command()
def remove(
    kind: KindArgument, value: ValueArgument, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """Lift a ban."""
    settings = read_settings(config=config, data_dir=data_dir)
    if not with_control(settings, lambda control: _remove(control, kind, value)):
        raise ApplianceError("there is no such ban")
    typer.echo("Lifted.", err=True)


@bans.command("list")
def list_bans(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """List the bans in force."""
    settings = read_settings(config=config, data_dir=data_dir)
    rows = with_control(settings, lambda control: control.list_bans())
    typer.echo(columns(("KIND", "VALUE", "UNTIL", "REASON"), map(_cells, rows)))


async def _add(control: "Control", kind: str, value: str, reason: str, until: float | None) -> None:
    await control.add_ban(kind, await _subject(control, kind, value), reason, until)


async def _remove(control: "Control", kind: str, value: str) -> bool:
    return await control.remove_ban(kind, await _subject(control, kind, value))


async def _subject(control: "Control", kind: str, value: str) -> str:
    """Return what is banned: an application may be named, everything else is what it is."""
    if kind != "application":
        return value
    try:
        return await control.find_application(value)
    except SluicegateError:
        return value


def _cells(row: "BanRow") -> tuple[str, ...]:
    return (row.ban.kind, row.ban.value, _ending(row.ban.until), row.ban.reason)


def _ending(until: float | None) -> str:
    return "for ever" if until is None else datetime.fromtimestamp(until, UTC).strftime(_TIME)
