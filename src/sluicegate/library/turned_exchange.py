"""Exchanges whose steps take turns with all other threads that scan, see `turn`."""

from collections.abc import Sequence

from ..detection.core import Exchange
from ..detection.dialects import NOTHING_ADDRESSED, Addressed
from ..detection.inspection import AskingStream, Decision, Step, StreamGuard
from ..detection.surrender import Held, Surrenders
from ..detection.tiers import Opinion
from ..detection.types import Edit, Segment
from .turn import TURN


class TurnedExchange(Exchange):
    """An exchange for programs that scan in several threads."""

    __slots__ = ()

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        """Judge the request body. Raises `BadInput`."""
        with TURN:
            return super().request(body, addressed)

    def response(self, body: bytes, content_type: str) -> Decision:
        """Judge a whole answer. Raises `UpstreamFault`."""
        with TURN:
            return super().response(body, content_type)

    def stream(self) -> StreamGuard:
        """Begin judging a streamed answer. Raises `UpstreamFault`."""
        with TURN:
            return TurnedGuard(super().stream())

    def asking_stream(self) -> AskingStream | None:
        """Begin judging a streamed answer with models; see `Inspection`. Raises `UpstreamFault`."""
        with TURN:
            inner = super().asking_stream()
        return None if inner is None else TurnedAsking(inner)

    def settle(self, opinions: Sequence[Opinion], *, raced: bool = False) -> Decision:
        """Go on with what the last decision asked. Raises `ValueError`."""
        with TURN:
            return super().settle(opinions, raced=raced)

    def _judge_parts(self, parts: Sequence[Sequence[Segment]]) -> list[list[Edit]] | None:
        with TURN:
            return super()._judge_parts(parts)


class TurnedGuard:
    """A stream guard whose steps take turns. Implements `StreamGuard`."""

    __slots__ = ("_inner",)

    def __init__(self, inner: StreamGuard) -> None:
        self._inner = inner

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes, cut anywhere."""
        with TURN:
            return self._inner.feed(chunk)

    def close(self) -> Step:
        """The answer ended: judge and release what was held."""
        with TURN:
            return self._inner.close()

    def held(self) -> Held:
        """Return what is held now; see `Surrenders`."""
        return self._inner.held() if isinstance(self._inner, Surrenders) else Held()

    def surrender(self, held: Held) -> bytes:
        """Return what was held, as it came; see `Surrenders`."""
        with TURN:
            return self._inner.surrender(held) if isinstance(self._inner, Surrenders) else b""

    def fault(self, message: str) -> bytes:
        """End a stream that broke off."""
        with TURN:
            return self._inner.fault(message)


class TurnedAsking(TurnedGuard):
    """A stream guard that takes turns, and asks models. Implements `AskingStream`."""

    __slots__ = ("_asking",)

    def __init__(self, inner: AskingStream) -> None:
        super().__init__(inner)
        self._asking = inner

    def answer(self, opinions: Sequence[Opinion]) -> Step:
        """Go on with what the last step asked. Raises `ValueError`."""
        with TURN:
            return self._asking.answer(opinions)
