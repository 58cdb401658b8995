"""Limiting how often somebody may call."""

from collections.abc import Callable

from ...detection.ports import CounterStore
from ..asgi import ASGIApp, Scope, peer
from ..clock import SystemClock
from ..limits import Rate, take_client, take_key
from ..recent_calls import RecentCalls
from .refusing import Door

_SERVICE = "app"


class RateLimitMiddleware(Door):
    """Answers 429, with ``Retry-After``, to callers beyond a rate.

    Args:
        app: what is behind it.
        rate: how often one caller may call.
        caller: names the caller of a request; the address of its client unless given.
        counters: counts; in this process unless given.
    """

    def __init__(
        self,
        app: ASGIApp,
        rate: Rate,
        caller: Callable[[Scope], str] | None = None,
        counters: CounterStore | None = None,
    ) -> None:
        super().__init__(app)
        self._rate = rate
        self._caller = caller
        self._counters = RecentCalls(SystemClock()) if counters is None else counters

    def admit(self, scope: Scope) -> None:
        """Count a call. Raises `Rejected` beyond the rate."""
        if self._caller is None:
            take_client(self._counters, self._rate, _SERVICE, peer(scope))
        else:
            take_key(self._counters, self._rate, _SERVICE, self._caller(scope))
