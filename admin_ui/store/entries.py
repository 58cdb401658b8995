"""Records as rows and rows as entries. The columns that could hold a text are never given one."""

from datetime import UTC, datetime
from functools import lru_cache

import orjson

from ...detection.types import Action, AuditCore, AuditEntry, Level, Principal
from ..models import DetectionResult
from .record import Record, canonical, verdict_of
from .risk import risks, suggestion

COLUMNS = (
    "request_id",
    "status",
    "outcome",
    "streamed",
    "created_at",
    "guard_ms",
    "upstream_ms",
    "ip_address",
    "tier",
    "tenant_id",
    "application_id",
    "application",
    "key_id",
    "face",
    "method",
    "path",
    "upstream",
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
    "prompt_verdict",
    "answer_verdict",
)
"""Columns of a row, in its order, but for those of the chain."""

type Row = tuple[str | int | float | bool | bytes | None, ...]
"""Values of `COLUMNS` as SQLite stores them: times are text in UTC, JSON is canonical text."""

_LABELS = tuple(action.label for action in Action)
_SUGGESTIONS = tuple(suggestion(action) for action in Action)
_LEVELS = tuple(Level)
_COMBINATIONS = 256
_SHORT = 512
"""Characters of a list of categories that may be remembered."""


def to_row(record: Record) -> Row:
    """Return the columns of a record. Raises `ValueError` or `LookupError` for what is none."""
    (
        exchange_id, status, outcome, streamed, started, guard_seconds, upstream_seconds, client, severity,
        tier, found, setting, prompt, answer,
    ) = record  # fmt: skip
    return (
        exchange_id,
        status,
        outcome,
        streamed,
        moment(started),
        guard_seconds * 1000.0,
        upstream_seconds * 1000.0,
        client,
        tier,
        *setting,
        *(_outcome if len(found) < _SHORT else _outcome.__wrapped__)(severity, found),
        prompt,
        answer,
    )


def moment(seconds: float) -> str:
    """Return a time given in seconds since the epoch as SQLite's rows have it: UTC, microseconds."""
    whole, part = divmod(round(seconds * 1e6), 1_000_000)
    return f"{_second(whole)}.{part:06}"


@lru_cache(maxsize=16)
def _second(whole: int) -> str:
    """Thousands of exchanges begin in the same second."""
    return datetime.fromtimestamp(whole, UTC).isoformat(" ")[:19]


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


def levels(found: str) -> list[tuple[str, Level]]:
    """Return the categories that a record tells of, and their levels."""
    return [(category, _LEVELS[level]) for category, level in orjson.loads(found)] if found else []


@lru_cache(maxsize=_COMBINATIONS)
def _outcome(severity: int, found: str) -> tuple[str, ...]:
    """Return the columns from `action` to the last of the risks."""
    all_three = risks(levels(found))
    families = (all_three.security, all_three.compliance, all_three.data)
    told = (text for risk in families for text in (risk.level, canonical(risk.categories)))
    return (_LABELS[severity], _SUGGESTIONS[severity], *told)
