"""``sluicegate ca``: the root that the transparent proxy's clients trust."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_options import ConfigOption, DataDirOption, read_settings
from .errors import ApplianceError, SettingError
from .settings import Settings

if TYPE_CHECKING:
    from cryptography import x509

    from .authority_folder import Authority

authority = typer.Typer(help="The certificate authority of the transparent proxy.", no_args_is_help=True)


@authority.command()
def show(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Print the roots there are, what they may speak for, and how systems are told to trust them."""
    settings = read_settings(config=config, data_dir=data_dir)
    found = _authority(settings)
    from .trust_files import STEPS  # noqa: PLC0415 - help need not wait for it

    _describe("Signs", found.current.certificate)
    if found.coming is not None:
        _describe("Comes next", found.coming.certificate)
    if found.previous is not None:
        _describe("Signed before", found.previous)
    for system, (name, steps) in STEPS.items():
        typer.echo(f"\n{system}: {name}")
        for step in steps:
            typer.echo(f"  {step}")


@authority.command()
def export(
    form: Annotated[
        str, typer.Option("--format", metavar="FORM", help="pem, der, java or profile (for iOS).")
    ] = "pem",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where to write it; stdout if not given.")
    ] = None,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="pem: with the roots that are trusted anyway, for SSL_CERT_FILE.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write the roots that clients should trust. No key is ever written."""
    settings = read_settings(config=config, data_dir=data_dir)
    found = _authority(settings)
    from .trust_files import FORMS, bundled  # noqa: PLC0415 - help need not wait for it

    if form not in FORMS:
        raise SettingError(f"--format: expected {', '.join(FORMS)}")
    content = FORMS[form][1](found)
    if bundle:
        if form != "pem":
            raise SettingError("--bundle: only pem can hold other roots")
        content = bundled(found)
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ApplianceError(f"{output}: cannot be written: {error.strerror}") from error


@authority.command()
def rotate(
    activate: Annotated[
        bool, typer.Option("--activate", help="Let the next root sign from the next start of the proxy.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make the next root, which clients can trust before it signs; then let it take over."""
    settings = read_settings(config=config, data_dir=data_dir)
    from . import authority_folder  # noqa: PLC0415 - help need not wait for it

    _prepared(settings)
    if activate:
        found = authority_folder.activate(settings.data_dir)
        typer.echo("The new root signs from the next start of the proxy; the old one vouches for it.")
    else:
        found = authority_folder.rotate(settings.data_dir, _names(settings))
        typer.echo("Made. Let clients trust it, then: sluicegate ca rotate --activate")
    for certificate in found.trusted:
        _describe("Root", certificate)


def _authority(settings: Settings) -> "Authority":
    from .authority_folder import open_authority  # noqa: PLC0415 - help need not wait for it

    _prepared(settings)
    return open_authority(settings.data_dir, _names(settings))


def _prepared(settings: Settings) -> None:
    from .secrets import prepare  # noqa: PLC0415 - as above

    prepare(settings.data_dir)


def _names(settings: Settings) -> tuple[str, ...] | None:
    from .intercept_settings import InterceptSettings, authority_names  # noqa: PLC0415 - as above

    return authority_names(settings.intercept or InterceptSettings())


def _describe(title: str, certificate: "x509.Certificate") -> None:
    from .authority import spoken_for  # noqa: PLC0415 - as above
    from .trust_files import common_name, fingerprint  # noqa: PLC0415 - as above

    names = spoken_for(certificate)
    typer.echo(f"{title}: {common_name(certificate)}")
    typer.echo(f"  SHA-256: {fingerprint(certificate)}")
    typer.echo(f"  valid until {certificate.not_valid_after_utc:%Y-%m-%d}")
    typer.echo(f"  speaks for {'any host' if names is None else ', '.join(names)}")
