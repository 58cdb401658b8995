"""How much processor time a tier may take for texts that are merely in doubt."""

from collections.abc import Callable
from time import monotonic

FIRST_GUESS = 0.05
"""Seconds that a text is taken to cost before anything is known."""
_WEIGHT = 0.1


class Budget:
    """Processor seconds that fill up with time, and are spent on texts.

    Args:
        rate: seconds of processor time for each second that goes by; 0 lets nothing through.
        most: seconds that may be saved up.
        clock: reads seconds that never run backwards.
    """

    def __init__(self, rate: float, most: float = 2.0, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._most = most if rate else 0.0
        self._clock = clock
        self._left = self._most
        self._filled = clock()
        self._guess = FIRST_GUESS

    def take(self) -> float:
        """Return what a text is taken to cost, and set it aside; 0 where there is not so much."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._filled) * self._rate)
        self._filled = now
        if self._left < min(self._guess, self._most) or not self._most:
            return 0.0
        self._left -= self._guess
        return self._guess

    def spent(self, guess: float, seconds: float) -> None:
        """Settle what was taken for a text, which cost so many seconds in the end."""
        self._left += guess - seconds
        self._guess += _WEIGHT * (seconds - self._guess)
