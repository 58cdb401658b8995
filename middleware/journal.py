"""The record of one exchange, and where its time went."""

from dataclasses import replace
from typing import Protocol

from ..detection.ports import AuditSink, Clock, Metrics
from ..detection.types import AuditCore, AuditEntry, Verdict
from .handover import Handover


class Times:
    """Seconds spent in the guard and upstream; what the client took is nobody's."""

    __slots__ = ("_read", "_since", "guard", "upstream")

    def __init__(self, clock: Clock) -> None:
        self.guard = 0.0
        self.upstream = 0.0
        self._read = clock.monotonic
        self._since = self._read()

    def lap(self) -> float:
        """Seconds since the last lap."""
        now = self._read()
        elapsed = now - self._since
        self._since = now
        return elapsed


class Circumstances:
    """What stands in an entry before anything was answered."""

    __slots__ = ("client", "face", "method", "started")

    def __init__(self, face: str, method: str, client: str, started: float) -> None:
        self.face = face
        self.method = method
        self.client = client
        self.started = started


class Known(Protocol):
    """What knows what stands in an entry before anything was answered, as `Circumstances` do."""

    client: str
    face: str
    method: str
    started: float


class Recorded(Protocol):
    """What knows the face-independent record of an exchange."""

    def core(self) -> AuditCore:
        """The record as it stands now."""
        ...


def is_ends_only(sink: AuditSink) -> bool:
    """Say whether a sink has no use for beginnings: one that says so, as its `ends_only`, is told of none."""
    return bool(getattr(sink, "ends_only", False))


class Journal:
    """Writes one entry: its end before the last byte leaves, and its beginning where bytes leave earlier."""

    __slots__ = (
        "_audit", "_circumstances", "_handover", "_inspection", "_metrics", "_times", "answer", "closed",
        "opened", "status", "streamed", "told",
    )  # fmt: skip

    def __init__(
        self,
        audit: AuditSink,
        metrics: Metrics,
        circumstances: Known,
        handover: Handover,
        inspection: Recorded,
        times: Times,
    ) -> None:
        self.status = 0
        self.streamed = False
        self.told = False
        """All of the answer went out, though the upstream may not have ended it."""
        self.answer: Verdict | None = None
        """Stands in for the core's verdict where the answer never reached the core."""
        self.opened = False
        self.closed = False
        self._audit = audit
        self._metrics = metrics
        self._circumstances = circumstances
        self._handover = handover
        self._inspection = inspection
        self._times = times

    def open(self) -> None:
        """Record that the exchange began, unless its end is recorded. Only the first call counts."""
        if not (self.opened or self.closed):
            self.opened = True
            if not getattr(self._audit, "ends_only", False):
                self._audit.opened(self._entry("open", self.core()))

    def close(self, outcome: str, core: AuditCore | None = None) -> None:
        """Record how the exchange ended. Only the first call counts.

        `core` is what `core` returns now, where the caller has asked already.
        """
        if self.closed:
            return
        self.closed = True
        entry = self._entry(outcome, core or self.core())
        self._audit.closed(entry)
        self._metrics.exchange(entry.face, entry)

    def failed(self) -> None:
        """Count a failure behind the end of the exchange."""
        self._metrics.rejected(self._circumstances.face, "error")

    def leave(self) -> None:
        """Record that the client went away: too early, or with all that there was."""
        self.close("complete" if self.told else "client_gone")

    def core(self) -> AuditCore:
        """The face-independent record as it stands."""
        core = self._inspection.core()
        return core if self.answer is None else replace(core, answer=self.answer)

    def _entry(self, outcome: str, core: AuditCore) -> AuditEntry:
        known, told, times = self._circumstances, self._handover, self._times
        return AuditEntry(
            told.exchange_id, told.principal, known.face, known.method, told.route.path, told.upstream,
            self.status, outcome, self.streamed, known.started, times.guard, times.upstream, known.client,
            core,
        )  # fmt: skip
