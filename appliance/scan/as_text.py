"""Findings for people: a line that says where and what, and the words around it below."""

from rich.console import Console
from rich.text import Text

from ...detection.types import Level
from .located import Located
from .run import Summary

_STYLES = {Level.HIGH: "bold red", Level.MEDIUM: "yellow", Level.LOW: "cyan", Level.NONE: "dim"}


class AsText:
    """Writes to a console; nothing that was read is taken for markup."""

    def __init__(self, console: Console):
        self._console = console

    def add(self, found: Located) -> None:
        """Write a finding."""
        line = Text.assemble(
            (f"{found.source}:{found.line}:{found.column}", "bold"),
            " ",
            (found.level.label, _STYLES[found.level]),
            f" {found.category} ",
            (f"({found.rule}{_seen(found.view)}) ", "dim"),
            found.action.label,
        )
        self._print(line)
        self._print(Text(f"    {found.excerpt}", "dim"))

    def end(self, summary: Summary) -> None:
        """Write what the scan came to."""
        if not summary.texts and summary.faults:
            self._print(Text("Nothing was scanned.", "bold"))
            return
        levels = ", ".join(
            f"{summary.levels[level]:,} {level.label}" for level in sorted(summary.levels, reverse=True)
        )
        count = f"{_counted(summary.findings, 'finding')} ({levels})" if levels else "Nothing found"
        texts = _counted(summary.texts, "text")
        where = f"{summary.with_findings:,} of {texts}" if levels else texts
        parts = [f"{count} in {where}, {_counted(summary.characters, 'character')}"]
        if summary.binary:
            parts.append(f"{_counted(summary.binary, 'file')} not scanned: no text")
        if levels:
            parts.append(f"the policy says {summary.action.label}")
        self._print(Text("; ".join(parts) + ".", "bold" if levels else ""))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


def _seen(view: str) -> str:
    return "" if view == "plain" else f", seen in {view}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
