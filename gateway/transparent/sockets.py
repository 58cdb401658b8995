"""WebSockets of inspected hosts: every message is shown to the gateway before it goes on."""

from collections.abc import AsyncIterator, Awaitable, Callable

from mitmproxy import http
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.net.http.http1 import expected_http_body_size

from ..intercepted.messages import BLOCKED, EDITED, FROM_CLIENT, FROM_HOST, UNCHANGED
from ..intercepted.ticket import HEADER
from ..upstream.base import UpstreamRequest
from ..upstream.pool import PooledUpstream
from ..upstream.timeouts import Timeouts
from .asked import Asked
from .fail_safe import guarded, guarded_async
from .mends import cut, drop, stay
from .post import SOCKET, WAY, Part, Post
from .protocols import lowered, without
from .refusals import refusal

STOPPED = "sluicegate stopped"
_SWITCHING = 101
_TIMEOUTS = Timeouts(connect=2.0, first_byte=30.0, silence=5.0, total=40.0)
"""A message waits for the gateway, and so does the socket it came on."""


class Sockets(Part):
    """Implements mitmproxy's hooks of WebSockets. What it cannot judge the policy decides on."""

    def __init__(self, post: Post, server: Proxyserver) -> None:
        super().__init__(post)
        self._server = server
        host, port = post.conduct.gateway
        self._gateway = PooledUpstream(f"http://{host}:{port}", timeouts=_TIMEOUTS)

    @guarded(cut, stay)
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let a socket begin. An answer that begins none keeps its head alone, for nobody judges its body."""
        response = flow.response
        if response is None:
            return
        if response.status_code == _SWITCHING:
            without(response, b"sec-websocket-extensions")  # none was asked for
            if lowered(response, b"upgrade") != [b"websocket"]:
                flow.kill()
        elif expected_http_body_size(flow.request, response) != 0:
            _keep_back(response)

    @guarded_async(drop, stay)
    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Let a message on, as it is or edited, or end the connection."""
        if flow.websocket is None:
            return
        message = flow.websocket.messages[-1]
        # all that mitmproxy would keep of a connection is what has been said on it
        flow.websocket.messages[:] = [message]
        if flow.metadata.get(WAY) != SOCKET:
            return
        if flow.metadata.get(STOPPED):
            message.drop()
        elif not (message.is_text or _is_text(message.content)):  # hosts take JSON in either kind
            self.tally.count("unjudged", *_pair(flow))
            if self.post.conduct.block_unjudged:
                self._stop(flow)
        else:
            await self._ask(flow, message.content, from_client=message.from_client)

    async def done(self) -> None:
        """Ask no more."""
        await self._gateway.close()

    async def _ask(self, flow: http.HTTPFlow, content: bytes, *, from_client: bool) -> None:
        if not self.post.watch.alive:
            raise RuntimeError("the gateway is away")
        client, host = _pair(flow)
        place = Asked("wss" if flow.request.scheme == "https" else "ws", host, flow.request.port, "", client)
        fields = [(HEADER.encode(), self.post.ticket(flow, place).encode())]
        target = FROM_CLIENT if from_client else FROM_HOST
        answer = await self._gateway.send(UpstreamRequest("POST", target, fields, content))
        try:
            pieces = [piece async for piece in _pieces(answer.read)]
        finally:
            await answer.close()
        self.tally.count("handed_over")
        if answer.status == EDITED and flow.websocket is not None:
            flow.websocket.messages[-1].content = b"".join(pieces)
        elif answer.status == BLOCKED:
            self._stop(flow)
        elif answer.status != UNCHANGED:
            raise RuntimeError("the gateway did not judge a message")

    def _stop(self, flow: http.HTTPFlow) -> None:
        """Let nothing more pass, and end the connection on both sides."""
        flow.metadata[STOPPED] = True
        drop(self, flow)
        handler = self._server.connections.get(flow.client_conn.id)
        if handler is not None:
            handler.close_connection(flow.client_conn)


def _keep_back(response: http.Response) -> None:
    """Put our words in the place of a body, whatever its length."""
    told = refusal("no_socket")
    words = told.data.content or b""
    for name in (b"content-length", b"content-encoding", b"transfer-encoding", b"content-type", b"trailer"):
        without(response, name)
    kind = (b"content-type", told.headers["content-type"].encode())
    response.headers.fields += (kind, (b"content-length", b"%d" % len(words)))
    left = [words]
    response.stream = lambda _: left.pop() if left else b""


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _pieces(read: Callable[[], Awaitable[bytes]]) -> AsyncIterator[bytes]:
    while piece := await read():
        yield piece


def _pair(flow: http.HTTPFlow) -> tuple[str, str]:
    return flow.client_conn.peername[0], flow.request.pretty_host
