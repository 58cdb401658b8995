"""Our parts as one addon: mitmproxy asks every addon about every event, and pays for each."""

import asyncio
from collections import defaultdict

from mitmproxy import connection, http, tls
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy import layer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..intercepted.install_page import InstallPage
from .interceptor import Interceptor
from .lookout import Lookout
from .post import AWAITED, LOOKED, SOCKET, WAY, Post
from .sockets import Sockets

_MOST_STREAMS = 100
"""Requests of one client connection that are under way at once; as many as HTTP/2 servers usually allow."""


class Ensemble:
    """Implements mitmproxy's hooks; every part ends its own as `fail_safe` says."""

    def __init__(self, post: Post, server: Proxyserver, page: InstallPage | None = None) -> None:
        self._post = post
        self._server = server
        self._interceptor = Interceptor(post, page)
        self._lookout = Lookout(post)
        self._sockets = Sockets(post, server)

    def running(self) -> None:
        """Begin to watch the gateway."""
        self._post.watch.start()

    async def done(self) -> None:
        """Watch no more."""
        self._post.watch.stop()
        await self._sockets.done()

    async def client_connected(self, client: connection.Client) -> None:
        """Let the streams of an HTTP/2 client run side by side: mitmproxy opens five connections a host.

        Also see who it is, where programs are to be known.
        """
        handler = self._server.connections.get(client.id)
        if handler is None:
            return
        handler.max_conns = defaultdict(lambda: asyncio.Semaphore(_MOST_STREAMS))
        writer = handler.transports[client].writer
        if self._post.callers.processes and writer is not None:
            await self._post.callers.meet(client, lambda: writer.get_extra_info("pid"))

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget who it was."""
        self._post.callers.leave(client)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """See `Interceptor`."""
        self._interceptor.http_connect(flow)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """See `Interceptor`."""
        self._interceptor.tls_failed_client(data)

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """See `Interceptor`."""
        self._interceptor.tls_clienthello(data)

    def next_layer(self, chosen: layer.NextLayer) -> None:
        """See `Interceptor`. mitmproxy's own addon comes before this one and has chosen."""
        self._interceptor.next_layer(chosen)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """See `Interceptor`, and `Lookout` for hosts nobody knows."""
        self._interceptor.requestheaders(flow)
        if flow.metadata.get(WAY) is LOOKED:
            self._lookout.requestheaders(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        """See `Interceptor` and `Lookout`."""
        way = flow.metadata.get(WAY)
        if way is AWAITED:
            self._interceptor.request(flow)
        elif way is LOOKED:
            self._lookout.request(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """See `Interceptor`, `Lookout` and `Sockets`."""
        way = flow.metadata.get(WAY)
        if way is LOOKED:
            self._lookout.responseheaders(flow)
        elif way is SOCKET:
            self._sockets.responseheaders(flow)
        else:
            self._interceptor.responseheaders(flow)

    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        """See `Sockets`."""
        await self._sockets.websocket_message(flow)

    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """See `Interceptor`."""
        await self._interceptor.server_connect(data)
