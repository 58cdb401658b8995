"""How findings are written: as text for people, as JSON, or as SARIF. All as they come."""

from typing import IO, Any, Protocol

import orjson

from .located import Located
from .run import Summary
from .sarif import Sarif


class Report(Protocol):
    """Writes a scan."""

    def add(self, found: Located) -> None:
        """Write a finding."""
        ...

    def end(self, summary: Summary) -> None:
        """Write what the scan came to."""
        ...


class AsJson:
    """One JSON object: ``findings``, then ``summary``."""

    def __init__(self, out: IO[bytes]):
        self._out = out
        self._between = b'{"findings": [\n'

    def add(self, found: Located) -> None:
        """Write a finding."""
        self._out.write(self._between + orjson.dumps(_plain(found)))
        self._between = b",\n"

    def end(self, summary: Summary) -> None:
        """Write what the scan came to."""
        begun = self._between if self._between.startswith(b"{") else b"\n"
        self._out.write(begun + b'], "summary": ' + orjson.dumps(_counts(summary)) + b"}\n")


class AsSarif:
    """A SARIF 2.1.0 log of one run."""

    def __init__(self, out: IO[bytes]):
        self._out = out
        self._sarif = Sarif()
        self._between = b""

    def add(self, found: Located) -> None:
        """Write a finding."""
        begun = self._between or self._sarif.head()
        self._out.write(begun + orjson.dumps(self._sarif.result(found)))
        self._between = b",\n"

    def end(self, summary: Summary) -> None:
        """Write the rules that were found and what could not be read."""
        begun = b"" if self._between else self._sarif.head()
        self._out.write(begun + b"\n" + self._sarif.tail(summary.faults))


def _plain(found: Located) -> dict[str, Any]:
    return {
        "source": found.source,
        "line": found.line,
        "column": found.column,
        "end_line": found.end_line,
        "end_column": found.end_column,
        "rule": found.rule,
        "category": found.category,
        "level": found.level.label,
        "score": found.score,
        "action": found.action.label,
        "view": found.view,
        "excerpt": found.excerpt,
    }


def _counts(summary: Summary) -> dict[str, Any]:
    return {
        "texts": summary.texts,
        "texts_with_findings": summary.with_findings,
        "characters": summary.characters,
        "findings": summary.findings,
        "levels": {level.label: count for level, count in sorted(summary.levels.items())},
        "families": dict(sorted(summary.families.items())),
        "action": summary.action.label,
        "binary_files": summary.binary,
        "faults": summary.faults,
    }
