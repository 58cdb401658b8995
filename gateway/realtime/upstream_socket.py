"""A WebSocket to an upstream: the handshake on the side of the client, then messages both ways."""

import asyncio
from collections.abc import Callable
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.http11 import Response
from websockets.protocol import CONNECTING
from websockets.uri import WebSocketURI

from ...detection.errors import UpstreamFault
from ...middleware.asgi import Headers
from ..upstream.dialer import Dialled
from ..upstream.faults import broken
from .peer import Peer
from .wire import SILENT, Wire

MOST_MESSAGE_BYTES = 32 * 1024 * 1024
"""A larger message of an upstream ends its connection with 1009."""


class Declined(Exception):
    """An upstream answered a handshake as HTTP does."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body


class UpstreamSocket(Dialled):
    """One connection to an upstream, from the handshake on. `open` until it is gone.

    Args:
        host: what the field of that name says.
        target: path and query.
        headers: all fields but those of the handshake.
    """

    def __init__(self, host: str, target: bytes, headers: Headers) -> None:
        self.open = True
        self._host = host
        self._target = target.decode("ascii")
        self._headers = headers
        self._gone: Callable[[], None] | None = None
        self._protocol = ClientProtocol(
            WebSocketURI(secure=False, host=host, port=80, path="/", query=""),
            max_size=MOST_MESSAGE_BYTES,
            logger=SILENT,
        )
        self._wire = Wire(self._protocol)
        self._peer: Peer | None = None
        self._transport: asyncio.Transport | None = None
        self._shaken: asyncio.Future[Peer] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the change of protocol."""
        self._transport = made = cast("asyncio.Transport", transport)
        request = self._protocol.connect()
        request.path = self._target
        del request.headers["Host"]
        request.headers["Host"] = self._host
        for name, value in self._headers:
            request.headers[name.decode("ascii")] = value.decode("latin-1")
        self._protocol.send_request(request)
        made.write(self._wire.out()[0])

    def data_received(self, data: bytes) -> None:
        """Read the answer, then messages."""
        if self._peer is not None:
            self._peer.data_received(data)
            return
        early = self._wire.feed(data)
        peer = self._look()
        if peer is not None:
            peer.take(early)

    def eof_received(self) -> bool:
        """The upstream sends no more."""
        if self._peer is not None:
            self._peer.eof_received()
        else:
            self._wire.feed_end()
            self._look()
        return False

    def pause_writing(self) -> None:
        """The upstream reads more slowly than we write."""
        if self._peer is not None:
            self._peer.pause_writing()

    def resume_writing(self) -> None:
        """The upstream has read on."""
        if self._peer is not None:
            self._peer.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.open = False
        if self._peer is not None:
            self._peer.connection_lost()
        elif not self._shaken.done():
            self._shaken.set_exception(broken())
        if self._gone is not None:
            self._gone()

    def when_gone(self, tell: Callable[[], None]) -> None:
        """Call a function once, when the connection is gone."""
        self._gone = tell
        if not self.open:
            tell()

    async def shaken(self) -> Peer:
        """Return the other end once it agreed.

        Raises `UpstreamFault` for an answer that is none, `Declined` for one that is another.
        """
        return await self._shaken

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _look(self) -> Peer | None:
        """Look whether the handshake is over; return the other end where it agreed."""
        if self._shaken.done() or self._transport is None:
            return None
        if self._protocol.handshake_exc is not None:
            self._shaken.set_exception(_told(self._protocol.handshake_exc))
            self._transport.abort()
        elif self._protocol.state is not CONNECTING:
            # what came along with the answer may have ended it already
            self._peer = Peer(self._transport, self._wire)
            self._shaken.set_result(self._peer)
        return self._peer


def _told(fault: Exception) -> Exception:
    if isinstance(fault, InvalidStatus):
        response = fault.response
        return Declined(response.status_code, _fields(response), bytes(response.body))
    if isinstance(fault, InvalidHandshake):
        return UpstreamFault("The upstream does not agree to a WebSocket.", code="upstream_protocol")
    return broken()


def _fields(response: Response) -> Headers:
    items = response.headers.raw_items()
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in items]
