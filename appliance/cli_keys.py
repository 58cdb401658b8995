"""``sluicegate key``: make, list and revoke API keys, also while the appliance runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from .cli_control import with_control
from .cli_options import ConfigOption, DataDirOption, columns, read_settings
from .errors import ApplianceError
from .service_tokens import issued_token, made_bypass
from .settings import Settings

if TYPE_CHECKING:
    from ..admin_ui.store.key_store import KeyRow

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

_TIME = "%Y-%m-%d %H:%M"


@keys.command()
def create(
    application: Annotated[str, typer.Option("--application", metavar="NAME", help="Who the key is for.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make a key for an application and print it, this once."""
    settings = read_settings(config=config, data_dir=data_dir)
    typer.echo(with_control(settings, lambda control: control.create_key(application)).secret)
    typer.echo("This key is not shown again; a running appliance takes it within a second.", err=True)


@keys.command("list")
def list_keys(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """List the keys by id; the keys themselves are known to nobody."""
    settings = read_settings(config=config, data_dir=data_dir)
    head = ("ID", "APPLICATION", "BEGINS WITH", "MADE", "REVOKED")
    rows = with_control(settings, lambda control: control.list_keys())
    typer.echo(columns(head, map(_cells, rows)))


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `key list` shows it.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Take a key back for good; a running appliance refuses it within a second."""
    settings = read_settings(config=config, data_dir=data_dir)
    changed = with_control(settings, lambda control: control.revoke_key(key_id))
    typer.echo("Revoked." if changed else "It was revoked before.", err=True)


@keys.command()
def token(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `key list` shows it.")],
    minutes: Annotated[
        int, typer.Option("--minutes", metavar="N", min=1, max=1440, help="How long it lives.")
    ] = 60,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a token that stands for a key on the detection API for a while; it dies with the key."""
    settings = read_settings(config=config, data_dir=data_dir)
    _require_live(settings, key_id)
    typer.echo(issued_token(settings, key_id, minutes))


@keys.command()
def bypass(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a bypass token: one call on the detection API, within five minutes, is recorded, not judged."""
    settings = read_settings(config=config, data_dir=data_dir)
    tenant = with_control(settings, lambda control: control.ensure_default_tenant())
    typer.echo(made_bypass(settings, tenant))
    if not settings.api_bypass:
        typer.echo("Nothing takes it: api_bypass is off.", err=True)


def _require_live(settings: Settings, key_id: str) -> None:
    """Raise `ApplianceError` where there is no key with this id that opens anything."""
    rows = with_control(settings, lambda control: control.list_keys())
    if not any(row.key_id == key_id and row.live for row in rows):
        raise ApplianceError("there is no live key with this id; see `key list`")


def _cells(row: "KeyRow") -> tuple[str, ...]:
    revoked = row.revoked_at.strftime(_TIME) if row.revoked_at else ""
    return (row.key_id, row.application, row.prefix + "...", row.created_at.strftime(_TIME), revoked)
