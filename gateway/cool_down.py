"""Which upstreams asked for a rest, and who is asked instead."""

import time
from collections.abc import Callable, Sequence

from ..middleware.asgi import Headers
from ..middleware.headers import first
from .plan import Choice

BUSY = frozenset((429, 503, 529))
"""Statuses that say that nothing was done: the request may be sent to somebody else."""
_USUAL = 5.0
_LONGEST = 60.0


class CoolDown:
    """Remembers who said that it is busy, until then. One a worker."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def busy(self, name: str, headers: Headers) -> None:
        """Let an upstream rest for as long as its answer asks for, a minute at most."""
        value = first(headers, b"retry-after") or b""
        seconds = float(value) if value.isdigit() and len(value) < 6 else _USUAL
        self._until[name] = self._clock() + min(seconds, _LONGEST)

    def sorted(self, order: Sequence[Choice]) -> Sequence[Choice]:
        """Return the order with those that rest behind the others."""
        if not self._until:
            return order
        now = self._clock()
        self._until = {name: until for name, until in self._until.items() if until > now}
        return sorted(order, key=lambda choice: choice.spec.name in self._until)
