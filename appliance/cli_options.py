"""Options that several commands share; their help comes from the table of settings."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from .settings import DEFAULT_FILE, SETTINGS, Settings, load

_HELP = {setting.name: setting.help for setting in SETTINGS}

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help=f"Settings file; ./{DEFAULT_FILE} when it is there."),
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help=_HELP["data_dir"], show_default=False)
]
HostOption = Annotated[str | None, typer.Option("--host", metavar="HOST", help=_HELP["host"])]
WorkersOption = Annotated[int | None, typer.Option("--workers", metavar="N", help=_HELP["workers"])]


def read_settings(*, config: Path | None, **options: Any) -> Settings:
    """Read every source of settings. Raises `SettingError`."""
    return load(config, options)


def columns(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Lay rows out under their heads, each column as wide as its widest cell."""
    table = [head, *rows]
    widths = [max(len(row[index]) for row in table) for index in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)
