"""The record of one exchange, and where its time went."""

from dataclasses import dataclass, replace

from ..detection.inspection import Inspection
from ..detection.ports import AuditSink, Clock, Metrics
from ..detection.types import AuditCore, AuditEntry, Verdict
from .handover import Handover


class Times:
    """Seconds spent in the guard and upstream; what the client took is nobody's."""

    def __init__(self, clock: Clock) -> None:
        self.guard = 0.0
        self.upstream = 0.0
        self._read = clock.monotonic
        self._since = self._read()

    def lap(self) -> float:
        """Seconds since the last lap."""
        now = self._read()
        elapsed, self._since = now - self._since, now
        return elapsed


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What stands in an entry before anything was answered."""

    face: str
    method: str
    client: str
    started: float


class Journal:
    """Writes exactly one entry: `open` before anything leaves, `close` before the last byte."""

    def __init__(
        self,
        audit: AuditSink,
        metrics: Metrics,
        circumstances: Circumstances,
        handover: Handover,
        inspection: Inspection,
        times: Times,
    ) -> None:
        self.status = 0
        self.streamed = False
        self.answer: Verdict | None = None
        """Stands in for the core's verdict where the answer never reached the core."""
        self.closed = False
        self._audit = audit
        self._metrics = metrics
        self._circumstances = circumstances
        self._handover = handover
        self._inspection = inspection
        self._times = times

    def open(self) -> None:
        """Record that the exchange began."""
        self._audit.opened(self._entry("open"))

    def close(self, outcome: str) -> None:
        """Record how the exchange ended. Only the first call counts."""
        if self.closed:
            return
        self.closed = True
        entry = self._entry(outcome)
        self._audit.closed(entry)
        self._metrics.exchange(entry.face, entry)

    def core(self) -> AuditCore:
        """The face-independent record as it stands."""
        core = self._inspection.core()
        return core if self.answer is None else replace(core, answer=self.answer)

    def _entry(self, outcome: str) -> AuditEntry:
        known, told = self._circumstances, self._handover
        return AuditEntry(
            exchange_id=told.exchange_id,
            principal=told.principal,
            face=known.face,
            method=known.method,
            path=told.route.path,
            upstream=told.upstream,
            status=self.status,
            outcome=outcome,
            streamed=self.streamed,
            started=known.started,
            guard_seconds=self._times.guard,
            upstream_seconds=self._times.upstream,
            client=known.client,
            core=self.core(),
        )
