"""The start as a person at a terminal sees it."""

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

type Row = tuple[str, str]


def print_banner(
    stream: TextIO,
    rows: Sequence[Row],
    secrets: Sequence[Row],
    hint: str,
    notes: Sequence[str],
    example: str,
) -> None:
    """Print where everything is, the secrets of a first start, notes, and one call to try."""
    console = Console(file=stream, highlight=False)
    parts: list[RenderableType] = [_grid(rows, "cyan")]
    if secrets:
        parts += [Text(), _grid(secrets, "bold green")]
    parts.append(Text(hint, style="dim"))
    parts += [Text(f"Note: {note}", style="yellow") for note in notes]
    console.print(Panel(Group(*parts), title="[bold]Sluicegate[/]", title_align="left", border_style="blue"))
    console.print(Text("Try it:", style="bold"))
    # Not wrapped: a wrapped command cannot be copied.
    console.print(Text(example, style="cyan"), soft_wrap=True)
    console.print(Text("Ctrl+C stops it.", style="dim"))


def _grid(rows: Sequence[Row], style: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(style=style, overflow="fold")
    for name, value in rows:
        grid.add_row(name, Text(value))
    return grid
