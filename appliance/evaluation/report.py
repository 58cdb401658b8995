"""One evaluation from the command line: files in, tables, JSON, pages out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console

from ..bench.page import put
from ..cli_terminal import grid
from ..errors import SettingError
from .as_json import as_json
from .figures import Choice, Results, results
from .html import report
from .outcome import Question
from .tables import Table, markdown, tables
from .tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for: thresholds, tables, files to write."""

    question: Question
    choice: Choice
    by: Collection[str]
    json: Path | None
    html: Path | None
    page: Path | None
    heading: str


def figures(wishes: Wishes, tallies: dict[str, Tally]) -> Results:
    """Return the figures. Raises `SettingError`: the pool names a data set that is not there."""
    if unknown := sorted({*wishes.choice.pool} - tallies.keys()):
        known = ", ".join(tallies)
        raise SettingError(f"option --calibrate: no data set is named {unknown[0]}; there are {known}")
    return results(tallies, wishes.choice)


def write(wishes: Wishes, found: Results, tallies: dict[str, Tally], console: Console) -> None:
    """Print the tables and write what files were asked for. Raises `OSError`, `SettingError`."""
    shown = tables(found, wishes.by)
    for table in shown:
        console.print(grid(table.title, table.heads, table.rows))
    if wishes.json:
        body = orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2)
        _write(wishes.json, body + b"\n")
    if wishes.html:
        _write(wishes.html, report(wishes.heading, found, shown, tallies).encode("utf-8", "replace"))
    if wishes.page:
        _to_page(wishes.page, wishes, shown)


def _to_page(page: Path, wishes: Wishes, shown: Iterable[Table]) -> None:
    families = "-".join(sorted(wishes.question.families)) or "all"
    parts = [wishes.heading, *(part for table in shown for part in (f"{table.title}:", markdown(table)))]
    try:
        put(page, families, "\n\n".join(parts), kind="eval")
    except OSError as error:
        raise SettingError(f"{page}: cannot be written: {error.strerror}") from None


def _write(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise SettingError(f"{path}: cannot be written: {error.strerror}") from None
