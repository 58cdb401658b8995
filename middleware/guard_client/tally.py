"""What is counted of guards."""

from typing import Protocol


class Tally(Protocol):
    """Counts by format, of which there are few: never by what a client sends."""

    def guard_call(self, model: str, outcome: str, seconds: float) -> None:
        """Count one request to a guard.

        Args:
            model: the name of its format.
            outcome: ``judged``, ``unreadable``, or why there was no answer.
            seconds: how long it took, the wait in line with it.
        """
        ...


class NoTally:
    """Counts nothing."""

    def guard_call(self, model: str, outcome: str, seconds: float) -> None:
        """Forget it."""
