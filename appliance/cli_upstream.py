"""``sluicegate upstream``: credentials of upstreams."""

import sys

import typer

from .cli_options import ConfigOption, DataDirOption, read_settings
from .errors import ApplianceError

upstream = typer.Typer(help="Credentials of upstreams.", no_args_is_help=True)


@upstream.callback()
def _group() -> None:
    """Keep the name of the command, which is the only one yet."""


@upstream.command()
def seal(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Encrypt a credential, read from stdin, and print it as the settings take it: ``sealed:...``.

    Only this data directory opens it again, and nothing prints it.
    """
    settings = read_settings(config=config, data_dir=data_dir)
    from .base_url import fits_header  # noqa: PLC0415 - help need not wait for it
    from .credential_seal import seal as sealed  # noqa: PLC0415 - as above
    from .secrets import prepare  # noqa: PLC0415 - as above

    credential = sys.stdin.readline().strip()
    if not fits_header(credential):
        raise ApplianceError("expected one line of visible ASCII without spaces on stdin")
    typer.echo(f"sealed:{sealed(prepare(settings.data_dir).credential_key, credential)}")
