"""Audit entries as rows and back. The columns that could hold a text are never given one."""

from datetime import UTC, datetime
from typing import Any

from ...detection.types import AuditCore, AuditEntry, Principal
from ..models import DetectionResult
from . import verdicts
from .risk import risks, suggestion
from .text import storable

OPEN = "open"
"""Outcome of an exchange that is still running."""


def to_row(entry: AuditEntry) -> dict[str, Any]:
    """Return the columns of an entry. Texts a client chose are cut to the column's length."""
    core, principal = entry.core, entry.principal
    return {
        "request_id": entry.exchange_id,
        "tenant_id": principal.tenant_id,
        "application_id": principal.application_id,
        "application": storable(principal.application, 100),
        "key_id": principal.key_id,
        "created_at": datetime.fromtimestamp(entry.started, UTC),
        "face": entry.face,
        "method": storable(entry.method, 16),
        "path": storable(entry.path, 500),
        "upstream": storable(entry.upstream, 100),
        "status": entry.status,
        "outcome": entry.outcome,
        "streamed": entry.streamed,
        "guard_ms": entry.guard_seconds * 1000,
        "upstream_ms": entry.upstream_seconds * 1000,
        "ip_address": storable(entry.client, 45),
        **_core_row(core),
    }


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
            prompt=verdicts.from_json(row.prompt_verdict),
            answer=None if answer is None else verdicts.from_json(answer),
        ),
    )


def _core_row(core: AuditCore) -> dict[str, Any]:
    found = risks(core)
    return {
        "action": core.action.label,
        "suggest_action": suggestion(core.action),
        "security_risk_level": found.security.level,
        "security_categories": list(found.security.categories),
        "compliance_risk_level": found.compliance.level,
        "compliance_categories": list(found.compliance.categories),
        "data_risk_level": found.data.level,
        "data_categories": list(found.data.categories),
        "dialect": core.dialect,
        "model": storable(core.model, 200),
        "policy": core.policy,
        "tier": max(int(core.prompt.tier), int(core.answer.tier) if core.answer else 0),
        "prompt_verdict": verdicts.to_json(core.prompt),
        "answer_verdict": None if core.answer is None else verdicts.to_json(core.answer),
    }
