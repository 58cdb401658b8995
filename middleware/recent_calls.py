"""Counts of calls in the memory of one process, bounded in number."""

from collections import OrderedDict

from ..detection.ports import Allowance, Clock

MOST_NAMES = 65_536
"""Names that are counted at once; of more the one that called longest ago is forgotten."""


class RecentCalls:
    """Counts calls in sliding windows. Implements `detection.ports.CounterStore`.

    A window's calls are those of its own length, and as much of the length before as still lies in the
    last `window` seconds, taken as spread evenly: two numbers a name.
    """

    def __init__(self, clock: Clock, most: int = MOST_NAMES) -> None:
        self._clock = clock
        self._most = most
        self._counts: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def take(self, name: str, limit: int, window: float) -> Allowance:
        """Count one call if it fits. A refused call does not count."""
        now = self._clock.monotonic()
        number, passed = int(now // window), now % window
        last, before, current = self._counts.pop(name, (number, 0, 0))
        if last != number:
            before, current = (current if last == number - 1 else 0), 0
        used = before * (1 - passed / window) + current
        allowed = used + 1 <= limit
        self._counts[name] = number, before, current + allowed
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
        if allowed:
            return Allowance(
                allowed=True, limit=limit, remaining=max(0, int(limit - used - 1)), retry_after=0.0
            )
        return Allowance(
            allowed=False, limit=limit, remaining=0, retry_after=_wait(limit, window, passed, before, current)
        )


def _wait(limit: int, window: float, passed: float, before: int, current: int) -> float:
    """Return the seconds until one more call fits."""
    if current + 1 <= limit and before:
        return max(0.0, window * (1 - (limit - 1 - current) / before) - passed)
    # the calls of this window have to grow old in the next one
    return window - passed + max(0.0, window * (1 - (limit - 1) / max(current, 1)))
