"""Where the records of calls go: a file, a function, a sink of the program's own."""

import logging
from collections.abc import Callable

from ...detection.ports import AuditSink
from ...detection.types import AuditEntry
from ..faults import describe
from .tally import Tally

_log = logging.getLogger(__name__)

type OnVerdict = Callable[[AuditEntry], object]
"""Is told the record of every call that ended."""


class Nowhere:
    """Keeps no record. Implements `detection.ports.AuditSink`."""

    def opened(self, entry: AuditEntry) -> None:
        """Forget it."""

    def closed(self, entry: AuditEntry) -> None:
        """Forget it."""


class Telling:
    """Tells a function of every end, behind another sink. Implements `detection.ports.AuditSink`.

    A function that raises changes nothing for the call; it is counted and logged without its message.
    """

    def __init__(self, sink: AuditSink, on_verdict: OnVerdict | None, tally: Tally) -> None:
        self._on_verdict = on_verdict
        self._sink = sink
        self._tally = tally

    def opened(self, entry: AuditEntry) -> None:
        """Record a beginning."""
        self._sink.opened(entry)

    def closed(self, entry: AuditEntry) -> None:
        """Record an end, then tell of it."""
        self._sink.closed(entry)
        if self._on_verdict is None:
            return
        try:
            self._on_verdict(entry)
        except Exception as fault:  # noqa: BLE001 - who is told may not break the call it is told of
            self._tally.count("failed_callback")
            _log.error("on_verdict failed: %s", describe(fault))
