"""Requests to one target: in line, within a deadline, and not while it rests."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from time import perf_counter

from ..breaker import Breaker, Resting
from .faults import DEADLINE, RESTING, NoAnswer
from .line import Line
from .sender import Sender
from .target import Target

_GRACE = 1.0
"""Seconds that a target has at least before a late answer counts as its failure."""


class Caller:
    """Sends requests and tells why one came to nothing. Made and used in one event loop."""

    def __init__(self, target: Target, breaker: Breaker | None = None) -> None:
        self._sender = Sender(target)
        self._line = Line(target.concurrency, target.queue)
        self.breaker = breaker or Breaker()

    def admitted(self) -> AbstractContextManager[None]:
        """Let an exchange ask, however often. Raises `NoAnswer` where too many do."""
        return self._line.admitted()

    async def answer(self, path: str, body: Mapping[str, object], until: float) -> bytes:
        """Return the body of an answer that came by `until` on the loop's clock. Raises `NoAnswer`."""
        began = float("inf")
        try:
            async with asyncio.timeout_at(until), self._line.turn():
                probe = self._admit()
                began = perf_counter()
                try:
                    return await self._sent(path, body)
                finally:
                    if probe:
                        self.breaker.gave_up()
        except TimeoutError:
            if perf_counter() - began >= _GRACE:
                self.breaker.failed()
            raise NoAnswer(DEADLINE) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._sender.close()

    def _admit(self) -> bool:
        """Say whether a request that may be sent is the breaker's probe. Raises `NoAnswer`."""
        try:
            return self.breaker.admit()
        except Resting:
            raise NoAnswer(RESTING) from None

    async def _sent(self, path: str, body: Mapping[str, object]) -> bytes:
        """Send a request that the breaker let through, and tell it how that went. Raises `NoAnswer`."""
        try:
            answer = await self._sender.send(path, body)
        except NoAnswer as fault:
            if fault.counts:
                self.breaker.failed()
            raise
        self.breaker.succeeded()
        return answer
