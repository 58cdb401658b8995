"""``sluicegate scan``: findings in texts and files, without a server."""

import io
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from ..detection.types import Direction, Level, Role
from .cli_terminal import Progress, console, progress
from .errors import SettingError

if TYPE_CHECKING:
    from .scan.inputs import Source
    from .scan.reports import Report
    from .scan.run import Question, Scan


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class FailOn(StrEnum):
    """The lowest level of a finding for which the command fails."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    NEVER = "never"


_FOUND, _NOT_READ = 1, 2
_STDIN = "-"
_TextArgument = Annotated[
    str | None, typer.Argument(metavar="[TEXT]", help="A text; - or nothing reads stdin.", show_default=False)
]
_FileOption = Annotated[
    list[Path] | None, typer.Option("--file", metavar="PATH", help="A file, or a folder and all below it.")
]
_JsonlOption = Annotated[bool, typer.Option("--jsonl", help="Input is JSON lines; each holds one text.")]
_FieldOption = Annotated[
    str, typer.Option("--field", metavar="NAME", help="Where the text stands in a JSON line: prompt.text.")
]
_FormatOption = Annotated[Format, typer.Option("--format", help="How findings are written.")]
_PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="NAME", help="A policy, or a file: what it passes is no finding.")
]
_FailOption = Annotated[
    FailOn, typer.Option("--fail-on", help="Exit with 1 on a finding of this level or above.")
]


def scan(
    text: _TextArgument = None,
    file: _FileOption = None,
    jsonl: _JsonlOption = False,
    field: _FieldOption = "text",
    output: _FormatOption = Format.TEXT,
    policy: _PolicyOption = "balanced",
    direction: Annotated[Direction, typer.Option(help="Which way the text travels.")] = Direction.PROMPT,
    role: Annotated[Role, typer.Option(help="Whose words it holds.")] = Role.USER,
    fail_on: _FailOption = FailOn.LOW,
) -> None:
    """Look for secrets, personal data and prompt attacks in texts and files."""
    from .chosen_policy import policy_of  # noqa: PLC0415 - help and errors need not wait for it
    from .scan.run import Question  # noqa: PLC0415 - as above

    _refuse_doubt(text, file)
    question = Question(policy_of(policy), direction, role, field if jsonl else None)
    inputs = _inputs(text, file)
    with progress(sum(item.size for item in inputs), size=True) as shown:
        scan = _run(inputs, question, output, shown)
    for fault in scan.summary.faults:
        typer.echo(f"sluicegate: {fault}", err=True)
    if fail_on is not FailOn.NEVER and scan.summary.worst >= Level[fail_on.name]:
        raise typer.Exit(_FOUND)
    if scan.summary.faults:
        raise typer.Exit(_NOT_READ)


def _refuse_doubt(text: str | None, file: list[Path] | None) -> None:
    if text is not None and file:
        raise SettingError("give a text or --file, not both")
    if text is None and not file and sys.stdin.isatty():
        raise SettingError("give a text, --file, or something on stdin")


def _inputs(text: str | None, file: list[Path] | None) -> "list[Source]":
    from .scan.inputs import Source, sources  # noqa: PLC0415 - as above

    if file:
        return [*sources(file)]
    if text is None or text == _STDIN:
        return [Source("<stdin>", lambda: cast("io.BufferedReader", sys.stdin.buffer))]
    given = text.encode("utf-8", "surrogateescape")
    return [Source("<text>", lambda: io.BytesIO(given), len(given))]


def _run(inputs: "list[Source]", question: "Question", output: Format, shown: Progress) -> "Scan":
    from .local_core import local_core  # noqa: PLC0415 - as above
    from .scan.run import Scan  # noqa: PLC0415 - as above

    scan = Scan(local_core(), question, shown)
    report = _report(output)
    for found in scan.run(inputs):
        report.add(found)
    report.end(scan.summary)
    sys.stdout.flush()
    return scan


def _report(output: Format) -> "Report":
    from .scan.as_text import AsText  # noqa: PLC0415 - as above
    from .scan.reports import AsJson, AsSarif  # noqa: PLC0415 - as above

    if output is Format.TEXT:
        return AsText(console())
    return (AsJson if output is Format.JSON else AsSarif)(sys.stdout.buffer)
