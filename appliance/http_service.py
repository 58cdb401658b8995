"""What the connections of one HTTP service share: the app, the time, the drain.

Our own server on httptools instead of uvicorn's, on the data path alone: measured over keep-alive
connections it takes less than half of uvicorn's time for a request. No task is scheduled, no timer
set and no framework object made for a request; deadlines are kept by one sweep over all connections.
"""

import asyncio
from email.utils import formatdate

from ..gateway.outbox import Outbox
from ..middleware.asgi import ASGIApp
from .http_protocol import HttpConnection

MOST_CONNECTIONS = 4096
SWEEP_SECONDS = 0.25
"""How late a deadline may be noticed."""
CANCELLED_SECONDS = 5.0
"""How long a drain waits for requests it had to cancel."""


class HttpService:
    """Serves one app in the running loop. `connect` is the protocol factory of its listener."""

    def __init__(self, app: ASGIApp, *, most_connections: int = MOST_CONNECTIONS) -> None:
        self.app = app
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time()
        """Seconds of the loop's clock, as of the last sweep."""
        self.date = _date()
        """The ``date`` field of an answer, as a line."""
        self.outbox = Outbox(self.loop)
        self.draining = False
        self.connections: set[HttpConnection] = set()
        self._most = most_connections
        self._empty = asyncio.Event()
        self._timer = self.loop.call_soon(self._sweep)

    @property
    def crowded(self) -> bool:
        """Whether there are more connections than are served."""
        return len(self.connections) > self._most

    def connect(self) -> HttpConnection:
        """Make the protocol of a new connection."""
        return HttpConnection(self)

    def left(self, connection: HttpConnection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def retire(self) -> None:
        """Say with every answer from now on that the connection ends; tell what stays open for long."""
        self.draining = True
        for connection in list(self.connections):
            connection.retire()

    async def drain(self, seconds: float) -> None:
        """Let requests end within the grace period, then cancel those that have not.

        The listener must be closed before. Connections without a request are closed at once, the
        others after their answer.
        """
        self.draining = True
        for connection in list(self.connections):
            connection.drain()
        if not await self._emptied(seconds):
            for connection in list(self.connections):
                connection.cancel()
            if not await self._emptied(CANCELLED_SECONDS):
                for connection in list(self.connections):
                    connection.transport.abort()
        self._timer.cancel()

    async def _emptied(self, seconds: float) -> bool:
        self._empty.clear()
        if not self.connections:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    def _sweep(self) -> None:
        self.now = now = self.loop.time()
        self.date = _date()
        for connection in [each for each in self.connections if each.deadline < now]:
            connection.late()
        self._timer = self.loop.call_later(SWEEP_SECONDS, self._sweep)


def _date() -> bytes:
    return b"date: %b\r\n" % formatdate(usegmt=True).encode()
