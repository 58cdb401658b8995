"""What goes on where judging fails and the program wants its calls to go on: streams, and records."""

from collections.abc import Callable

from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import Step, StreamGuard
from ...detection.ports import AuditSink
from ...detection.surrender import Held, Surrenders
from ...detection.types import AuditEntry

type Failed = Callable[[Exception], object]
"""Is told of a failure."""


class GoingOn:
    """A stream guard that lets the rest go as it comes once judging failed. Implements `StreamGuard`.

    What was held then leaves as it came; a value that was masked before it stays masked.
    """

    def __init__(self, guard: StreamGuard, failed: Failed) -> None:
        self._guard = guard
        self._failed = failed
        self._over = False

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes; see `StreamGuard`."""
        return self._step(lambda: self._guard.feed(chunk), chunk)

    def close(self) -> Step:
        """The upstream ended; see `StreamGuard`."""
        return self._step(self._guard.close, b"")

    def fault(self, message: str) -> bytes:
        """End a stream that broke off; see `StreamGuard`."""
        return b"" if self._over else self._guard.fault(message)

    def _step(self, step: Callable[[], Step], came: bytes) -> Step:
        if self._over:
            return Step(came)
        held = Held()
        try:
            if isinstance(self._guard, Surrenders):
                held = self._guard.held()
            return step()
        except (BadInput, UpstreamFault):
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, the stream goes on
            self._over = True
            self._failed(fault)
            return Step(self._given_up(held) + came)

    def _given_up(self, held: Held) -> bytes:
        try:
            return self._guard.surrender(held) if isinstance(self._guard, Surrenders) else b""
        except Exception as fault:  # noqa: BLE001 - a guard so broken gives nothing back
            self._failed(fault)
            return held.unfinished


class Forgiving:
    """A sink whose failures stop no call. Implements `detection.ports.AuditSink`."""

    def __init__(self, sink: AuditSink, failed: Failed) -> None:
        self._sink = sink
        self._failed = failed

    def opened(self, entry: AuditEntry) -> None:
        """Record a beginning where that is possible."""
        self._try(self._sink.opened, entry)

    def closed(self, entry: AuditEntry) -> None:
        """Record an end where that is possible."""
        self._try(self._sink.closed, entry)

    def _try(self, record: Callable[[AuditEntry], None], entry: AuditEntry) -> None:
        try:
            record(entry)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the call goes on
            self._failed(fault)
