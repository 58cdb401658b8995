"""Exchanges whose steps take turns with all other threads that scan, see `turn`."""

from collections.abc import Sequence

from ..detection.core import Exchange
from ..detection.dialects import NOTHING_ADDRESSED, Addressed
from ..detection.inspection import Decision, Step, StreamGuard
from ..detection.surrender import Held, Surrenders
from ..detection.types import Edit, Segment
from .turn import TURN


class TurnedExchange(Exchange):
    """An exchange for programs that scan in several threads."""

    __slots__ = ()

    def follow(self, earlier: "TurnedExchange") -> None:
        """Go on with another exchange of one conversation: what was replaced there is put back here, too."""
        self._scope = earlier._shared()  # noqa: SLF001 - of the same class

    @property
    def replaced(self) -> int:
        """How many values of the conversation were replaced."""
        return 0 if self._scope is None else len(self._scope.vault.tokens())

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

    def _judge_part(self, segments: Sequence[Segment]) -> list[Edit] | None:
        with TURN:
            return super()._judge_part(segments)


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
