"""``sluicegate pack``: check and sign packs of rules of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from .errors import SettingError

packs = typer.Typer(help="Check and sign packs of rules of your own.", no_args_is_help=True)

_FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The pack, a TOML file.")]


@packs.command()
def check(file: _FileArgument) -> None:
    """Read a pack, compile its rules and run their examples."""
    from .packs import check_pack  # noqa: PLC0415 - help need not wait for it

    typer.echo(f"{file}: {len(check_pack(file))} rules, all examples are as they should be.")


@packs.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key is written.")],
) -> None:
    """Make a pair of keys: the private one into a file, the public one to stdout, for packs_key."""
    from .packs import make_key  # noqa: PLC0415 - as above
    from .secrets import write_private  # noqa: PLC0415 - as above

    if file.exists():
        raise SettingError(f"{file}: is there already; a key is never overwritten")
    private, public = make_key()
    write_private(file, private.hex())
    typer.echo(public)


@packs.command()
def sign(
    file: _FileArgument,
    key_file: Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key.")],
) -> None:
    """Sign a pack that passes its check; the signature stands in a file beside it."""
    from .packs import check_pack, sign_pack  # noqa: PLC0415 - as above

    check_pack(file)
    try:
        private = bytes.fromhex(key_file.read_text("ascii").strip())
        written = sign_pack(file, private)
    except (OSError, ValueError):
        raise SettingError(f"{key_file}: holds no key that `sluicegate pack key` made") from None
    typer.echo(f"{written}")
