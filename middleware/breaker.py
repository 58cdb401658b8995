"""A rest for a server that keeps failing, so that nobody waits for it in vain."""

import time
from collections.abc import Callable
from typing import Literal

type State = Literal["closed", "open", "half-open"]


class Resting(Exception):
    """A server is left alone for a moment. `seconds`: after how many to ask again, at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"resting for {seconds} seconds")
        self.seconds = seconds


class Breaker:
    """Opens after `failures` requests in a row that came to nothing, for `rest` seconds.

    Then one request is let through as a probe: it closes the breaker or opens it anew. While `troubled`
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

        Whoever gets True calls `gave_up` in the end. Raises `Resting`.
        """
        state = self.state
        if state == "closed":
            return False
        if state == "open" or self._probing:
            raise Resting(max(1, round(self._until - self._clock())))
        self._probing = True
        return True

    def succeeded(self) -> None:
        """Count an answer."""
        self._failures = 0
        self.troubled = False

    def failed(self) -> None:
        """Count a request that came to nothing."""
        self._failures += 1
        self.troubled = True
        if self._failures >= self._most:
            self._until = self._clock() + self._rest

    def gave_up(self) -> None:
        """End a probe, however it went; when it told nothing the next request is one."""
        self._probing = False
