"""Serving the data path on ports that several workers share: started together, ended together."""

import asyncio
from collections.abc import Sequence
from time import monotonic

from ..middleware.asgi import ASGIApp
from .acceptor import Acceptor
from .board import Slot
from .http_protocol import HttpConnection
from .http_service import HttpService
from .ports import Listener

_LOOK_SECONDS = 0.05


class Servers:
    """Serves each app on its listener. `own` is where connections are counted."""

    def __init__(
        self, apps: Sequence[tuple[Listener, ASGIApp]], own: Slot, rivals: tuple[Slot, ...] = ()
    ) -> None:
        self._own = own
        self._services = [_CountedService(app, own) for _, app in apps]
        self._acceptors = [
            Acceptor(listener.socket, service.connect, own, rivals)
            for (listener, _), service in zip(apps, self._services, strict=True)
        ]

    def start(self) -> None:
        """Begin to accept."""
        self._own.accepting = True
        for acceptor in self._acceptors:
            acceptor.start()

    async def retire(self, seconds: float) -> None:
        """Let another process accept, and return once every connection is gone or `seconds` passed.

        A connection ends with the answer to its next request, which says so; nobody's request meets
        a connection that was just closed.
        """
        self._stop()
        for service in self._services:
            service.retire()
        end = monotonic() + seconds
        while any(service.connections for service in self._services) and monotonic() < end:  # noqa: ASYNC110 - a look costs nothing here
            await asyncio.sleep(_LOOK_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Accept no more, let requests end within the grace period, then cancel what is left."""
        self._stop()
        await asyncio.gather(*(service.drain(seconds) for service in self._services))

    def _stop(self) -> None:
        self._own.accepting = False
        for acceptor in self._acceptors:
            acceptor.stop()


class _CountedService(HttpService):
    """Takes connections that have left off the board."""

    def __init__(self, app: ASGIApp, own: Slot) -> None:
        super().__init__(app)
        self._own = own

    def left(self, connection: HttpConnection) -> None:
        """A connection is gone."""
        self._own.connections -= 1
        super().left(connection)
