"""A rest for a guard that keeps failing, so that nobody waits for it in vain."""

import time
from collections.abc import Callable

from .faults import RESTING, NoAnswer


class Breaker:
    """Opens after `failures` requests in a row that came to nothing, for `rest` seconds.

    Then one request goes through as a probe: it closes the breaker, or opens it anew.
    """

    __slots__ = ("_clock", "_failures", "_most", "_probing", "_rest", "_until")

    def __init__(
        self, *, failures: int = 5, rest: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether the guard is known to be failing."""
        return self._failures >= self._most

    def admit(self) -> None:
        """Let a request pass; whoever was let through says how it went. Raises `NoAnswer`."""
        if self._failures < self._most:
            return
        if self._probing or self._clock() < self._until:
            raise NoAnswer(RESTING)
        self._probing = True

    def succeeded(self) -> None:
        """The guard answered."""
        self._failures = 0
        self._probing = False

    def failed(self) -> None:
        """The guard is to blame."""
        self._failures += 1
        self._probing = False
        if self._failures >= self._most:
            self._until = self._clock() + self._rest

    def gave_up(self) -> None:
        """It told nothing of the guard: who asked went away."""
        self._probing = False
