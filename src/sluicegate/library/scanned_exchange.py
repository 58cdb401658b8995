"""Exchanges of programs whose own functions scan, too: in a provider's format, streamed or not."""

from collections.abc import Iterable

from ..detection.dialects import Dialect
from ..detection.exchange import Engine
from ..detection.function_exchange import Scanned, WithScanners
from ..detection.function_scanners import FunctionScanner
from ..detection.inspection import Step, StreamGuard
from ..detection.judge import Ledger
from .turn import TURN, aside
from .turned_exchange import TurnedExchange, TurnedGuard

_FAILED = "The answer could not be judged."


def with_scanners(engine: Engine, scanners: Iterable[FunctionScanner]) -> Engine:
    """Return what one exchange is judged by where functions scan beside the rules."""
    return WithScanners(engine, tuple(scanners), aside)


class ScannedExchange(Scanned[Dialect], TurnedExchange):
    """An exchange in which functions scan. Texts that they look at leave when they ended."""

    __slots__ = ()

    def stream(self) -> StreamGuard:
        """Begin judging a streamed answer. Raises `UpstreamFault`."""
        guard, ledger = super().stream(), self._answer_ledger
        if ledger is None or not isinstance(self._engine, WithScanners):
            return guard
        return ScannedGuard(guard, self._engine, ledger)

    def asking_stream(self) -> None:
        """Return nothing: models are not asked about streams that functions hold back."""


class ScannedGuard(TurnedGuard):
    """A stream guard that ends the stream where a function failed that may not."""

    __slots__ = ("_engine", "_ledger")

    def __init__(self, inner: StreamGuard, engine: WithScanners, ledger: Ledger) -> None:
        super().__init__(inner)
        self._engine = engine
        self._ledger = ledger

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes, cut anywhere."""
        return self._noted(self._inner.feed(chunk))

    def close(self) -> Step:
        """The answer ended: judge and release what was held."""
        return self._noted(self._inner.close())

    def _noted(self, step: Step) -> Step:
        with TURN:
            before = self._ledger.stopped
            self._engine.failures.tell(self._ledger)
            failed = self._ledger.stopped and not before
        return Step(self._inner.fault(_FAILED), ended=True) if failed else step
