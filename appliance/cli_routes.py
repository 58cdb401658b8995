"""``sluicegate routes``: what the gateway serves, and how much of it is judged."""

from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from .cli_options import ConfigOption, DataDirOption, columns, read_settings

if TYPE_CHECKING:
    from ..gateway.census import Coverage

ProviderOption = Annotated[
    str | None, typer.Option("--provider", metavar="NAME", help="Only routes in this provider's format.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, a route a line.")]


def routes(
    provider: ProviderOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List every route: enforced, partly enforced with the parts that are not judged, or exempt and why."""
    settings = read_settings(config=config, data_dir=data_dir)
    from ..gateway.census import census  # noqa: PLC0415 - help need not wait for it
    from ..gateway.router import Router  # noqa: PLC0415 - as above
    from .chosen import chosen_upstreams  # noqa: PLC0415 - as above

    router = Router(chosen_upstreams(settings))
    found = [item for item in census(router.claims) if provider in (None, item.provider)]
    if json:
        for item in found:
            typer.echo(
                orjson.dumps({**_cells(item), "upstreams": router.speaking(item.provider, item.template)})
            )
        return
    head = ("METHOD", "PATH", "FORMAT", "STATE", "UPSTREAMS", "NOT JUDGED")
    rows = (
        (
            item.method,
            item.template,
            item.provider,
            item.state,
            ", ".join(router.speaking(item.provider, item.template)) or "-",
            "; ".join(item.beside),
        )
        for item in found
    )
    typer.echo(columns(head, rows))


def _cells(item: "Coverage") -> dict[str, object]:
    return {
        "method": item.method,
        "path": item.template,
        "format": item.provider,
        "state": item.state,
        "dialect": item.dialect,
        "not_judged": item.beside,
    }
