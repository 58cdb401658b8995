"""A line in front of a guard: so many requests at once, so many who wait, the rest turned away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from .faults import BUSY, NoAnswer


class Line:
    """Requests go first come, first served; who is cancelled while waiting leaves the line.

    Args:
        concurrency: requests at once.
        queue: exchanges beyond those of which one request each is under way.
    """

    def __init__(self, concurrency: int, queue: int) -> None:
        self._turns = asyncio.Semaphore(concurrency)
        self._most = concurrency + queue
        self._inside = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Let an exchange ask, however often. Raises `NoAnswer` where too many do."""
        if self._inside >= self._most:
            raise NoAnswer(BUSY)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn to send a request, and hold it."""
        async with self._turns:
            yield
