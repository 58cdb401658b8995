"""``sluicegate warmup``: compile the rules now, so that no first use waits for it."""

import time
from collections.abc import Callable

import typer


def warmup() -> None:
    """Compile the rules and keep them for the next start of any command or program."""
    from ..detection.rules import load_packs  # noqa: PLC0415 - help need not wait for it
    from ..library.cache_folder import open_cache, own_folder  # noqa: PLC0415 - as above
    from .local_core import local_core  # noqa: PLC0415 - as above

    count = len(load_packs())
    kept = open_cache(wanted=True) is not None
    first, again = _seconds(local_core), _seconds(local_core)
    typer.echo(f"{count:,} rules are ready: {first:.2f} s, from now on {again:.2f} s.")
    if kept:
        typer.echo(f"They are kept in {own_folder()}.")
    else:
        typer.echo("They are not kept: there is no cache folder that only you can use.", err=True)


def _seconds(build: Callable[[], object]) -> float:
    began = time.perf_counter()
    build()
    return time.perf_counter() - began
