"""What commands write: a console for results on stdout, progress on stderr where somebody watches."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDE = 160
_PAUSE = 0.1


def console() -> "Console":
    """Return stdout: a terminal is as wide as it is; a file gets lines that hold a table."""
    from rich.console import Console  # noqa: PLC0415 - help and errors need not wait for it

    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def grid(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: bool = True) -> "Table":
    """Return a table to print. `right`: all columns but the first are figures. Cells are no markup."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(heads[0], overflow="fold")
    for head in heads[1:]:
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


class Progress(Protocol):
    """Told how far some work is."""

    def __call__(self, done: int, what: str) -> None:
        """So much of the total is done; `what` is being worked on."""
        ...


@contextmanager
def progress(total: int, *, size: bool = False) -> Iterator[Progress]:
    """Show a bar on stderr while the block runs, if stderr is a terminal. `size`: the total is bytes."""
    if not sys.stderr.isatty():
        yield _silent
        return
    # No thread draws it: processes are forked while it is shown.
    from rich import progress as bars  # noqa: PLC0415 - as above
    from rich.console import Console  # noqa: PLC0415 - as above

    amount = bars.DownloadColumn() if size else bars.MofNCompleteColumn()
    columns = (bars.BarColumn(), amount, bars.TimeRemainingColumn(), bars.TextColumn("{task.description}"))
    with bars.Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as shown:
        task = shown.add_task("", total=total)
        last = 0.0

        def report(done: int, what: str) -> None:
            nonlocal last
            shown.update(task, completed=done, description=what)
            if shown.get_time() - last >= _PAUSE:
                last = shown.get_time()
                shown.refresh()

        yield report


def _silent(done: int, what: str) -> None:
    """Nobody watches."""
