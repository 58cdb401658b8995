"""The log line of a finished exchange: what happened, and no word of what was said."""

import logging
from collections.abc import Iterable

from ..admin_ui.store.audit import Stored
from ..detection.types import AuditEntry, Level
from ..middleware.metrics import RISKS
from .logging import log_event

_LOG = logging.getLogger("sluicegate.exchange")


def log_exchanges(stored: Iterable[Stored]) -> None:
    """Log every ended exchange. Nothing a client wrote is in a line, its model's name included.

    Where nothing happened it is for debugging only: a line costs more than the exchange.
    """
    everything = _LOG.isEnabledFor(logging.DEBUG)
    for number, record in stored:
        quiet = record.quiet
        if number is not None and (everything or not quiet):
            _log(logging.DEBUG if quiet else logging.INFO, record.entry())


def _log(level: int, entry: AuditEntry) -> None:
    core = entry.core
    log_event(
        _LOG,
        level,
        "exchange",
        service=entry.face,
        tenant_id=entry.principal.tenant_id,
        application_id=entry.principal.application_id,
        request_id=entry.exchange_id,
        key_id=entry.principal.key_id,
        client=entry.client,
        upstream=entry.upstream,
        dialect=core.dialect,
        status=entry.status,
        outcome=entry.outcome,
        action=core.action.label,
        risk_level=RISKS[_highest(entry)],
        categories=sorted(_categories(entry)),
        guard_ms=round(entry.guard_seconds * 1000, 3),
        duration_ms=round((entry.guard_seconds + entry.upstream_seconds) * 1000, 3),
    )


def _categories(entry: AuditEntry) -> set[str]:
    answer = entry.core.answer.findings if entry.core.answer else ()
    return {finding.category for finding in (*entry.core.prompt.findings, *answer)}


def _highest(entry: AuditEntry) -> Level:
    answer = entry.core.answer.findings if entry.core.answer else ()
    return max((finding.level for finding in (*entry.core.prompt.findings, *answer)), default=Level.NONE)
