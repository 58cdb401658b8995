"""``sluicegate unseal``: opens the values that a policy encrypted."""

import sys
from typing import Annotated

import typer

from .cli_control import with_control
from .cli_options import ConfigOption, DataDirOption, read_settings

TenantOption = Annotated[
    str | None,
    typer.Option("--tenant", metavar="ID", help="Whose values they are; the first tenant's if not given."),
]


def unseal(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="A text that holds them; stdin if not given.")
    ] = None,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Copy a text to stdout with every encrypted value in it opened; exit with 1 if one does not open."""
    settings = read_settings(config=config, data_dir=data_dir)
    from ..detection.methods import seal_key, unseal_all  # noqa: PLC0415 - help need not wait for it
    from .secrets import load_secrets  # noqa: PLC0415 - as above

    owner = tenant or with_control(settings, lambda control: control.ensure_default_tenant())
    key = seal_key(load_secrets(settings.data_dir).placeholder_key, owner)
    missed: list[None] = []

    def opened(part: str) -> str:
        return unseal_all(key, part, missed=lambda: missed.append(None))

    if text is not None:
        typer.echo(opened(text))
    else:
        for line in sys.stdin:
            sys.stdout.write(opened(line))
    if missed:
        typer.echo(f"{len(missed)} values do not open: they are another tenant's, or damaged.", err=True)
        raise typer.Exit(1)
