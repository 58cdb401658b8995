"""The gateway on a real port of this process, served by our own HTTP, which knows WebSockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sluicegate.appliance.http_service import HttpService
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.asgi import ASGIApp
from tests.support.local_gateway import LocalGateway


class SocketGateway(LocalGateway):
    """Serves upstreams in a thread with a loop of its own; `tls` is spoken where there is one."""

    def __init__(self, *specs: UpstreamSpec, tls: ssl.SSLContext | None = None, **ports: Any) -> None:
        super().__init__(*specs, **ports)
        self._tls = tls
        self.service: HttpService | None = None

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def retire(self) -> None:
        """Let it tell its connections that it is about to end."""
        assert self.service is not None
        self._loop.call_soon_threadsafe(self.service.retire)

    async def _serve(self) -> None:
        upstreams = [(spec, PooledUpstream(spec.base_url)) for spec in self._specs]
        try:
            async with self._listening(proxy_app(self.ports.parts(upstreams))) as port:
                self.port = port
                self._started.set()
                await self._over.wait()
        finally:
            for _, upstream in upstreams:
                await upstream.close()

    @asynccontextmanager
    async def _listening(self, app: ASGIApp) -> AsyncIterator[int]:
        self.service = service = HttpService(app)
        server = await asyncio.get_running_loop().create_server(
            service.connect, "127.0.0.1", 0, ssl=self._tls
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await service.drain(1.0)
