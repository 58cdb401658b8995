"""Records as rows and rows as entries. The columns that could hold a text are never given one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import orjson

from ...detection.types import Action, AuditCore, AuditEntry, Level, Principal
from ..models import DetectionResult
from .record import Packed, Record, verdict_of
from .risk import risks, suggestion

COLUMNS = (
    "request_id",
    "tenant_id",
    "application_id",
    "application",
    "key_id",
    "face",
    "method",
    "path",
    "upstream",
    "status",
    "outcome",
    "streamed",
    "created_at",
    "guard_ms",
    "upstream_ms",
    "ip_address",
    "dialect",
    "model",
    "policy",
    "action",
    "suggest_action",
    "security_risk_level",
    "security_categories",
    "compliance_risk_level",
    "compliance_categories",
    "data_risk_level",
    "data_categories",
    "tier",
    "prompt_verdict",
    "answer_verdict",
)
"""Columns of a row, in its order, but for those of the chain."""

type Row = tuple[str | int | float | bool | bytes | None, ...]
"""Values of `COLUMNS` as SQLite stores them: times are text in UTC, JSON is canonical text."""

_NO_RISK = ("no_risk", "[]") * 3
_LABELS = tuple(action.label for action in Action)
_SUGGESTIONS = tuple(suggestion(action) for action in Action)
_CLEAN = tuple((*both, *_NO_RISK) for both in zip(_LABELS, _SUGGESTIONS, strict=True))


def to_row(record: Record) -> Row:
    """Return the columns of a record. Raises `ValueError` or `LookupError` for what is none."""
    prompt, answer = record.prompt, record.answer
    outcome: tuple[str, ...]
    told: str | None
    if type(prompt) is list and type(answer) is list:
        # What most are; thousands are made a second.
        outcome = _CLEAN[max(prompt[0], answer[0])]
        tier = max(prompt[3], answer[3])
        told = orjson.dumps(answer).decode()
    else:
        outcome = _outcome(record)
        tier = _tier(prompt) if answer is None else max(_tier(prompt), _tier(answer))
        told = None if answer is None else canonical(answer)
    return (
        *record[:12],
        moment(record.started),
        record.guard_seconds * 1000.0,
        record.upstream_seconds * 1000.0,
        *record[15:19],
        *outcome,
        tier,
        canonical(prompt),
        told,
    )


def moment(seconds: float) -> str:
    """Return a time given in seconds since the epoch as SQLite's rows have it: UTC, microseconds."""
    whole, part = divmod(round(seconds * 1e6), 1_000_000)
    return f"{_second(whole)}.{part:06}"


@lru_cache(maxsize=16)
def _second(whole: int) -> str:
    """Thousands of exchanges begin in the same second."""
    return datetime.fromtimestamp(whole, UTC).isoformat(" ")[:19]


def canonical(value: object) -> str:
    """Return JSON text that is the same for equal values: sorted keys, no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def from_row(row: DetectionResult) -> AuditEntry:
    """Return the entry a row was made of; times to the microsecond."""
    answer = row.answer_verdict
    return AuditEntry(
        exchange_id=row.request_id,
        principal=Principal(row.tenant_id, row.application_id, row.application, row.key_id),
        face=row.face,
        method=row.method,
        path=row.path,
        upstream=row.upstream,
        status=row.status,
        outcome=row.outcome,
        streamed=row.streamed,
        started=row.created_at.timestamp(),
        guard_seconds=row.guard_ms / 1000,
        upstream_seconds=row.upstream_ms / 1000,
        client=row.ip_address,
        core=AuditCore(
            dialect=row.dialect,
            model=row.model,
            policy=row.policy,
            prompt=verdict_of(row.prompt_verdict),
            answer=None if answer is None else verdict_of(answer),
        ),
    )


def _tier(packed: Packed) -> int:
    tier: int = packed[3] if isinstance(packed, list) else packed["tier"]
    return tier


def _outcome(record: Record) -> tuple[str, ...]:
    """Return the columns from `action` to the last of the risks."""
    prompt, answer, action = record.prompt, record.answer, record.action
    found = isinstance(prompt, dict) or isinstance(answer, dict)
    return (_LABELS[action], _SUGGESTIONS[action], *(_risks(prompt, answer) if found else _NO_RISK))


def _risks(prompt: Packed, answer: Packed | None) -> tuple[str, ...]:
    found = risks((*_found(prompt), *_found(answer)))
    families = (found.security, found.compliance, found.data)
    return tuple(text for risk in families for text in (risk.level, canonical(risk.categories)))


def _found(packed: Packed | None) -> Iterator[tuple[str, Level]]:
    if isinstance(packed, dict):
        for finding in packed["findings"]:
            yield finding["category"], Level[finding["level"].upper()]
