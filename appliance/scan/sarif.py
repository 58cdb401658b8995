"""Findings as SARIF 2.1.0: the format that code hosts and editors read.

OASIS Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 27 March 2020. Columns
count Unicode code points and places are relative to where the command ran. The results stand before the
tool, whose rules are known only at the end: members of a JSON object have no order.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson

from ... import __version__
from ...detection.rules import load_packs
from ...detection.types import Level
from .located import Located

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.NONE: "none", Level.LOW: "note", Level.MEDIUM: "warning", Level.HIGH: "error"}
_WORDS = {
    "secret": "A credential",
    "pii": "Personal data",
    "prompt_attack": "An attack on a model's instructions",
    "exfiltration": "A way for data to leave",
    "code": "A command that does harm",
    "leak": "An operator's own words",
}


class Sarif:
    """Makes the parts of a log. A log has one run."""

    def __init__(self) -> None:
        self._rules: dict[str, tuple[int, Located]] = {}

    def head(self) -> bytes:
        """Return what stands before the first result."""
        return b'{"$schema": %b, "version": "2.1.0", "runs": [{"results": [\n' % orjson.dumps(SCHEMA)

    def result(self, found: Located) -> dict[str, Any]:
        """Return one result."""
        number, _ = self._rules.setdefault(found.rule, (len(self._rules), found))
        region = {
            "startLine": found.line,
            "startColumn": found.column,
            "endLine": found.end_line,
            "endColumn": found.end_column,
        }
        place = {"artifactLocation": {"uri": _uri(found.source)}, "region": region}
        return {
            "ruleId": found.rule,
            "ruleIndex": number,
            "level": _LEVELS[found.level],
            "message": {"text": f"{_told(found.category)}: {found.excerpt}"},
            "locations": [{"physicalLocation": place}],
            "partialFingerprints": {"maskedContext/v1": _fingerprint(found)},
            "properties": {
                "category": found.category,
                "score": found.score,
                "action": found.action.label,
                "view": found.view,
            },
        }

    def tail(self, faults: Sequence[str]) -> bytes:
        """Return what stands behind the last result: the tool and its rules, and what went wrong."""
        driver = {
            "name": "Sluicegate",
            "semanticVersion": __version__,
            "rules": [_rule(name, found) for name, (_, found) in self._rules.items()],
        }
        notes = [{"level": "error", "message": {"text": fault}} for fault in faults]
        invocation = {"executionSuccessful": not faults, "toolExecutionNotifications": notes}
        parts = (orjson.dumps({"driver": driver}), orjson.dumps([invocation]))
        return b'], "tool": %b, "invocations": %b, "columnKind": "unicodeCodePoints"}]}\n' % parts


def _rule(name: str, found: Located) -> dict[str, Any]:
    source = {rule.id: rule.source for rule in load_packs()}.get(name, "A rule of your own")
    return {
        "id": name,
        "shortDescription": {"text": f"{_told(found.category)} ({found.category})"},
        "fullDescription": {"text": source},
        "defaultConfiguration": {"level": _LEVELS[found.level]},
        "properties": {"tags": ["security", found.category.partition(".")[0]]},
    }


def _told(category: str) -> str:
    return _WORDS.get(category.partition(".")[0], "Something that was looked for")


def _fingerprint(found: Located) -> str:
    """Return what stays the same while lines move; it tells nothing about a value."""
    text = f"{found.rule}\n{found.source}\n{found.excerpt}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _uri(source: str) -> str:
    """Return a path as a relative reference (RFC 3986); what is no file has a name of its own."""
    name = source.strip("<>") if source.startswith("<") else source
    relative = name.removeprefix("./")
    return f"file://{quote(relative)}" if relative.startswith("/") else quote(relative)
