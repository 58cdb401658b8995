"""The two servers of the appliance, each serving one app on a free port of this machine."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sluicegate.appliance.http_service import HttpService
from sluicegate.appliance.ports import taken_ports
from sluicegate.appliance.settings import Settings
from sluicegate.appliance.uvicorn_servers import UvicornServer
from sluicegate.middleware.asgi import ASGIApp

type Serve = Callable[[ASGIApp], AbstractAsyncContextManager[int]]
"""Serves an app while the context lasts; gives the port."""


@asynccontextmanager
async def ours(app: ASGIApp) -> AsyncIterator[int]:
    """The server of the data path."""
    service = HttpService(app)
    server = await asyncio.get_running_loop().create_server(service.connect, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await service.drain(1.0)


@asynccontextmanager
async def uvicorns(app: ASGIApp) -> AsyncIterator[int]:
    """The server of the web admin."""
    with taken_ports(Settings(admin_port=0, detection_port=0, proxy_port=0)) as ports:
        server = UvicornServer(app, ports.proxy, 1)
        await server.start()
        try:
            yield ports.proxy.port
        finally:
            await server.drain()
