"""A rest for an upstream that keeps failing."""

import time
from collections.abc import Callable
from typing import Literal

from ...detection.errors import UpstreamFault

type State = Literal["closed", "open", "half-open"]


class Breaker:
    """Opens after `failures` connections in a row that came to nothing, for `rest` seconds.

    Then one request is let through as a probe: it closes the breaker or opens it anew. What an
    upstream answers does not count, be it an error; only that it answers does. While `troubled`
    is false nothing was counted since the last success, and nobody need ask.
    """

    __slots__ = ("_clock", "_failures", "_most", "_probing", "_rest", "_until", "troubled")

    def __init__(
        self, *, failures: int = 5, rest: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._probing = False
        self.troubled = False

    @property
    def state(self) -> State:
        """Closed (all may pass), open (none), half-open (one may, or is under way)."""
        if self._failures < self._most:
            return "closed"
        return "open" if self._clock() < self._until else "half-open"

    def admit(self) -> bool:
        """Let a request pass and say whether it is the probe.

        Raises `UpstreamFault` (503, ``upstream_unavailable``) with the seconds after which to ask
        again. Whoever gets True calls `gave_up` in the end.
        """
        state = self.state
        if state == "closed":
            return False
        if state == "open" or self._probing:
            raise UpstreamFault(
                "The upstream is unavailable for the moment.",
                code="upstream_unavailable",
                status=503,
                retry_after=max(1, round(self._until - self._clock())),
            )
        self._probing = True
        return True

    def succeeded(self) -> None:
        """Count an answer."""
        self._failures = 0
        self.troubled = False

    def failed(self) -> None:
        """Count a connection that came to nothing."""
        self._failures += 1
        self.troubled = True
        if self._failures >= self._most:
            self._until = self._clock() + self._rest

    def gave_up(self) -> None:
        """End a probe, however it went; when it told nothing the next request is one."""
        self._probing = False
