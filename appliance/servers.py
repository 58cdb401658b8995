"""Serving the apps of the appliance: started together, drained together."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from ..middleware.asgi import ASGIApp
from .http_service import HttpService
from .ports import Listener


class Server(Protocol):
    """One app on one port."""

    async def start(self) -> None:
        """Return when the port accepts."""
        ...

    async def ended(self) -> None:
        """Wait for the end, which does not come unless the server breaks or `drain` was called."""
        ...

    async def drain(self) -> None:
        """Stop accepting, let requests end within the grace period, then cancel what is left."""
        ...


class HttpServer:
    """Serves the data path. Implements `Server`."""

    def __init__(self, app: ASGIApp, listener: Listener, drain_seconds: float) -> None:
        self._app = app
        self._listener = listener
        self._drain_seconds = drain_seconds
        self._service: HttpService | None = None
        self._accepting: asyncio.Server | None = None
        self._over = asyncio.Event()

    async def start(self) -> None:
        """Return when the port accepts."""
        loop = asyncio.get_running_loop()
        self._service = HttpService(self._app)
        self._accepting = await loop.create_server(
            self._service.connect, sock=self._listener.socket, backlog=2048
        )

    async def ended(self) -> None:
        """Wait for the end, which does not come unless `drain` was called."""
        await self._over.wait()

    async def drain(self) -> None:
        """Stop accepting, let requests end within the grace period, then cancel what is left."""
        if self._accepting is not None and self._service is not None:
            self._accepting.close()
            await self._service.drain(self._drain_seconds)
        self._over.set()


class Servers:
    """Several servers as one."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = servers
        self._ends: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return when every port accepts."""
        for server in self._servers:
            await server.start()
        self._ends = [asyncio.create_task(server.ended()) for server in self._servers]

    async def ended(self) -> None:
        """Wait for the first server to end, which none does unless it breaks or `drain` was called."""
        await asyncio.wait(self._ends, return_when=asyncio.FIRST_COMPLETED)

    async def drain(self) -> None:
        """Drain them all at once."""
        await asyncio.gather(*(server.drain() for server in self._servers))
        for end in self._ends:
            end.cancel()
