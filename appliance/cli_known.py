"""``sluicegate known``: turns values into what a policy file may hold of them."""

import sys
from typing import Annotated

import typer

from .cli_control import with_control
from .cli_options import ConfigOption, DataDirOption, read_settings
from .cli_unseal import TenantOption


def known(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the list is called in records.")],
    tenant: TenantOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Read values from stdin, one a line, and print the policy table that finds them and holds none."""
    settings = read_settings(config=config, data_dir=data_dir)
    from ..detection.tenant import known_digest, shape_of, tenant_key  # noqa: PLC0415 - help need not wait
    from .secrets import load_secrets  # noqa: PLC0415 - as above

    owner = tenant or with_control(settings, lambda control: control.ensure_default_tenant())
    key = tenant_key(load_secrets(settings.data_dir).placeholder_key, owner)
    shapes: set[str] = set()
    digests: set[str] = set()
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            shapes.add(shape_of(line))
        except ValueError as error:
            typer.echo(f"line {number}: {error}", err=True)
            raise typer.Exit(2) from None
        digests.add(known_digest(key, line))
    typer.echo(f'[[known]]\nname = "{name}"\nshapes = [{_lines(shapes)}]\ndigests = [{_lines(digests)}]')


def _lines(items: set[str]) -> str:
    return "".join(f"\n  '{item}'," for item in sorted(items)) + "\n"
