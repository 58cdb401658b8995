"""``sluicegate audit``: is the record what was recorded?"""

import asyncio
from typing import TYPE_CHECKING

import typer

from .cli_options import ConfigOption, DataDirOption, read_settings
from .errors import ApplianceError

if TYPE_CHECKING:
    from ..admin_ui.store.chain import Break

audit = typer.Typer(help="Look after the record of exchanges.", no_args_is_help=True)


@audit.callback()
def _group() -> None:
    """Keep a group of one command a group."""


@audit.command()
def verify(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Verify the audit chain: nothing was changed, removed, inserted or put elsewhere."""
    settings = read_settings(config=config, data_dir=data_dir)
    from .data_dir import first_break  # noqa: PLC0415 - half a second that help and usage errors need not wait

    broken = asyncio.run(first_break(settings))
    if broken is not None:
        raise ApplianceError(f"the audit chain is broken{_place(broken)}: {broken.reason}")
    typer.echo("The audit chain holds.", err=True)


def _place(broken: "Break") -> str:
    number = "" if broken.number is None else f" at entry {broken.number}"
    return f"{number} (request {broken.request_id})" if broken.request_id else number
