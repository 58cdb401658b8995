"""The ports of the appliance: taken before anything else happens, served together, drained together."""

import asyncio
import contextlib
import errno
import math
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvicorn

from ..middleware.asgi import ASGIApp
from .errors import ApplianceError
from .http_protocol import BoundedHttpProtocol

KEEP_ALIVE_SECONDS = 75
MOST_CONNECTIONS = 4096
_CANCELLED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Listener:
    """A taken port. Nothing is accepted before it is served."""

    setting: str
    socket: socket.socket

    @property
    def port(self) -> int:
        """The port, also where the setting asked for any free one."""
        port: int = self.socket.getsockname()[1]
        return port


def bind(setting: str, host: str, port: int) -> Listener:
    """Take a port. Raises `ApplianceError` naming the setting that chose it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ApplianceError(f"host: {host} is no address of this machine: {error.strerror}") from error
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        # Listening takes the port from others for good; connections wait until it is served.
        taken.listen(1)
    except OSError as error:
        taken.close()
        raise ApplianceError(_why(setting, host, port, error)) from error
    taken.setblocking(False)
    return Listener(setting, taken)


def _why(setting: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; stop what uses it or set {setting} (SLUICEGATE_{setting.upper()})"
    if error.errno == errno.EACCES:
        return (
            f"port {port} needs more rights; set {setting} (SLUICEGATE_{setting.upper()}) to one above 1023"
        )
    return f"cannot listen on {host} port {port} ({setting}): {error.strerror}"


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
