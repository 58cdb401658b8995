"""Records of exchanges on their way to an appliance: names, numbers and places, no text of anybody's.

What comes from an application is believed as far as it speaks of itself: whose record it is says the key.
"""

import json
import re
from dataclasses import replace
from typing import Any

import orjson

from ...detection.pointer import public
from ...detection.types import AuditCore, AuditEntry, Edit, Finding, Principal, Unjudged, Verdict
from ...detection.wire import Unreadable, plain, typed

LARGEST = 128 * 1024
"""Bytes of one record."""
MOST_PARTS = 100
"""Findings, edits and unjudged parts, each, of a verdict that is too large otherwise."""
MOST_RECORDS = 500
"""Records of one push."""

_LONGEST = 600
"""Characters of any text in a record."""
_REASON = 200
_OLDEST, _NEWEST = 60 * 86_400.0, 3_600.0
"""Seconds that the beginning of an exchange may lie behind and before us."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/ -]{0,99}")
_HEX = re.compile(r"[0-9a-f]{0,64}")
_OUTCOMES = frozenset(
    ("complete", "refused", "stopped", "upstream_error", "client_gone", "error", "interrupted")
)
_STATUSES = range(1000)


def spelled(entry: AuditEntry) -> bytes:
    """Return a record as one line of JSON without its line break; a large one is cut to its gist."""
    line = _line(replace(entry, core=recorded(entry.core)))
    return line if len(line) <= LARGEST else _line(replace(entry, core=recorded(entry.core, MOST_PARTS)))


def _line(entry: AuditEntry) -> bytes:
    tree = plain(entry)
    try:
        return orjson.dumps(tree)
    except orjson.JSONEncodeError:  # a lone surrogate in something a client chose
        return json.dumps(tree, ensure_ascii=False).encode(errors="replace")


def read_entry(tree: Any, principal: Principal, now: float) -> AuditEntry:
    """Return the record of a principal that a tree says. Raises `Unreadable`.

    Args:
        tree: as `spelled` makes it, read.
        principal: whose it is, whatever it says itself.
        now: seconds since the epoch.
    """
    entry = typed(AuditEntry, tree, _LONGEST)
    _check(entry, now)
    for verdict in (entry.core.prompt, entry.core.answer):
        if verdict is not None:
            _check_verdict(verdict)
    return replace(entry, principal=principal, core=recorded(entry.core))


def _check(entry: AuditEntry, now: float) -> None:
    core = entry.core
    if not _ID.fullmatch(entry.exchange_id) or entry.outcome not in _OUTCOMES:
        raise Unreadable("this is no record of an exchange that ended")
    if entry.status not in _STATUSES or not now - _OLDEST <= entry.started <= now + _NEWEST:
        raise Unreadable("its status or its time cannot be")
    if not (entry.guard_seconds >= 0 and entry.upstream_seconds >= 0):
        raise Unreadable("its durations cannot be")
    words = (entry.face, entry.method, core.dialect)
    if not all(_WORD.fullmatch(word) for word in words if word) or not _HEX.fullmatch(core.policy):
        raise Unreadable("its names cannot be")


def _check_verdict(verdict: Verdict) -> None:
    counts = (verdict.receipt.segments, verdict.receipt.characters, verdict.receipt.remembered)
    if min(counts) < 0 or verdict.seconds < 0 or not _HEX.fullmatch(verdict.policy):
        raise Unreadable("its receipt cannot be")
    if not all(
        part.reason.isprintable() and len(part.reason) <= _REASON for part in verdict.receipt.unjudged
    ):
        raise Unreadable("its reasons cannot be")
    if not all(0 <= edit.span.start <= edit.span.end for edit in verdict.edits):
        raise Unreadable("its edits cannot be")
    if not all(
        cost.texts >= 0 and cost.seconds >= 0 and _WORD.fullmatch(cost.model) for cost in verdict.costs
    ):
        raise Unreadable("its costs cannot be")
    for finding in verdict.findings:
        _check_finding(finding)


def _check_finding(finding: Finding) -> None:
    words = (finding.scanner, finding.rule, finding.category, finding.view)
    if not all(map(_WORD.fullmatch, words)) or not _HEX.fullmatch(finding.digest):
        raise Unreadable("the names of its findings cannot be")
    if not 0 <= finding.span.start <= finding.span.end or not 0 <= finding.score <= 1:
        raise Unreadable("the places of its findings cannot be")


def recorded(core: AuditCore, most: int | None = None) -> AuditCore:
    """Return what may be told of an exchange: no texts of edits, and no pointer that holds a client's words.

    `most` bounds the findings, edits and unjudged parts, each, of a verdict.
    """
    answer = core.answer
    return replace(
        core, prompt=_told(core.prompt, most), answer=None if answer is None else _told(answer, most)
    )


def _told(verdict: Verdict, most: int | None) -> Verdict:
    """Return a verdict without the texts of its edits, and with pointers that anybody may read."""
    receipt = verdict.receipt
    if not (verdict.decided or verdict.edits or receipt.unjudged):
        return verdict
    decided = tuple(
        item._replace(finding=replace(item.finding, pointer=public(item.finding.pointer)))
        for item in verdict.decided[:most]
    )
    edits = tuple(Edit(public(edit.pointer), edit.span, "") for edit in verdict.edits[:most])
    unjudged = tuple(Unjudged(public(part.pointer), part.reason) for part in receipt.unjudged[:most])
    return replace(verdict, decided=decided, edits=edits, receipt=replace(receipt, unjudged=unjudged))
