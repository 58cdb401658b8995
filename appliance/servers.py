"""Serving the apps of the appliance: started together, drained together."""

import asyncio
import contextlib
import math
from collections.abc import Iterator, Sequence

import uvicorn

from ..middleware.asgi import ASGIApp
from .http_protocol import BoundedHttpProtocol
from .ports import Listener

KEEP_ALIVE_SECONDS = 75
MOST_CONNECTIONS = 4096
_CANCELLED_SECONDS = 5.0


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the appliance."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Servers:
    """Serves one app on each listener in the running loop."""

    def __init__(self, apps: Sequence[tuple[Listener, ASGIApp]], drain_seconds: float) -> None:
        self._servers = [(_Server(_config(app, drain_seconds)), listener) for listener, app in apps]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return when every port accepts."""
        for server, listener in self._servers:
            self._tasks.append(asyncio.create_task(server.serve(sockets=[listener.socket])))
        while not all(server.started for server, _ in self._servers):
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.005)

    async def ended(self) -> None:
        """Wait for the first server to end, which none does unless it breaks or `drain` was called."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def drain(self) -> None:
        """Stop accepting, let exchanges end within the grace period, then cancel what is left."""
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._tasks)
        cancelled = [task for server, _ in self._servers for task in server.server_state.tasks]
        if cancelled:
            await asyncio.wait(cancelled, timeout=_CANCELLED_SECONDS)


def _config(app: ASGIApp, drain_seconds: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=math.ceil(drain_seconds),
    )
