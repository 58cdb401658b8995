"""What commands write: a console for results on stdout, progress on stderr where somebody watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 160
_PAUSE = 0.1


def console() -> "Console":
    """Return stdout: a terminal is as wide as it is; a file gets lines that hold a table."""
    from rich.console import Console  # noqa: PLC0415 - help and errors need not wait for it

    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


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
