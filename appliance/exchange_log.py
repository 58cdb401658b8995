"""The log line of a finished exchange: what happened, and no word of what was said."""

import logging
from collections.abc import Iterable

from ..admin_ui.store.audit import Stored
from ..admin_ui.store.entries import levels
from ..admin_ui.store.record import Record
from ..detection.types import Level
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
            _log(logging.DEBUG if quiet else logging.INFO, record)


def _log(level: int, record: Record) -> None:
    setting, found = record.setting, levels(record.found)
    log_event(
        _LOG,
        level,
        "exchange",
        service=setting.face,
        tenant_id=setting.tenant_id,
        application_id=setting.application_id,
        request_id=record.exchange_id,
        key_id=setting.key_id,
        client=record.client,
        upstream=setting.upstream,
        dialect=setting.dialect,
        status=record.status,
        outcome=record.outcome,
        action=record.action.label,
        risk_level=RISKS[max((level for _, level in found), default=Level.NONE)],
        categories=sorted({category for category, _ in found}),
        guard_ms=round(record.guard_seconds * 1000, 3),
        duration_ms=round((record.guard_seconds + record.upstream_seconds) * 1000, 3),
    )
