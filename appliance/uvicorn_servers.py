"""Serving the web admin with uvicorn: pages need no speed that would justify a server of our own."""

import asyncio
import contextlib
import math
from collections.abc import Iterator

import uvicorn

from ..middleware.asgi import ASGIApp
from .ports import Listener
from .uvicorn_protocol import BoundedHttpProtocol

KEEP_ALIVE_SECONDS = 75
MOST_CONNECTIONS = 4096
_CANCELLED_SECONDS = 5.0
_TICK_SECONDS = 1.0


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the appliance and wakes once a second, not ten times."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Begin to end."""
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        """Keep the date of the answers, until told to end."""
        # At a count of 0 the server makes the headers that all answers share.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    await self._leaving.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class UvicornServer:
    """Serves one app on one listener in the running loop. Implements `servers.Server`."""

    def __init__(self, app: ASGIApp, listener: Listener, drain_seconds: float) -> None:
        self._server = _Server(_config(app, drain_seconds))
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the port accepts."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener.socket]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)

    async def ended(self) -> None:
        """Wait for the end, which does not come unless the server breaks or `drain` was called."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def drain(self) -> None:
        """Stop accepting, let requests end within the grace period, then cancel what is left."""
        if self._task is None:
            return
        self._server.leave()
        await self._task
        cancelled = list(self._server.server_state.tasks)
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
