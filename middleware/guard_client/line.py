"""A line in front of a guard: so many at once, so many waiting, the rest turned away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .faults import BUSY, NoAnswer


class Line:
    """First come, first served. Who is cancelled while waiting leaves the line."""

    def __init__(self, concurrency: int, queue: int) -> None:
        self._turns = asyncio.Semaphore(concurrency)
        self._queue = queue
        self.waiting = 0
        """Requests that wait for their turn."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises `NoAnswer` where too many wait."""
        if self._turns.locked() and self.waiting >= self._queue:
            raise NoAnswer(BUSY)
        self.waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._turns.release()
