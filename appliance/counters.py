"""Counters in memory: an exact sliding window for each name.

The times of the calls that were let through are kept, so that in no window of time, wherever it
starts, there are more than the limit. Memory is one float for each such call still in its window;
refused calls cost nothing. The number of names is bounded: the one unused for longest is dropped.
"""

from collections import OrderedDict, deque

from ..detection.ports import Allowance, Clock

DEFAULT_NAMES = 100_000


class MemoryCounters:
    """A `CounterStore` for one process."""

    def __init__(self, clock: Clock, *, names: int = DEFAULT_NAMES) -> None:
        self._clock = clock
        self._names = names
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, name: str, limit: int, window: float) -> Allowance:
        """Count one call of `name` against `limit` calls in `window` seconds."""
        now = self._clock.monotonic()
        times = self._times(name)
        while times and times[0] <= now - window:
            times.popleft()
        if len(times) >= limit:
            first = times[len(times) - limit] if limit else now
            return Allowance(allowed=False, limit=limit, remaining=0, retry_after=first + window - now)
        times.append(now)
        return Allowance(allowed=True, limit=limit, remaining=limit - len(times), retry_after=0.0)

    def __len__(self) -> int:
        """Names that are remembered."""
        return len(self._taken)

    def _times(self, name: str) -> deque[float]:
        times = self._taken.get(name)
        if times is None:
            times = self._taken[name] = deque()
            if len(self._taken) > self._names:
                self._taken.popitem(last=False)
        else:
            self._taken.move_to_end(name)
        return times
