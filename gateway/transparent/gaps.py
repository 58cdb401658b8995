"""Gaps of mitmproxy, closed: what it gathers gets bounds, and what it closes is closed.

It has no bounds for what HTTP/1 leaves unread (a head without an end, the line of a chunk without an
end, whatever a client sends behind a request that is not answered yet) and none for messages of sockets.
And a connection that is told to end while it waits for its turn stays open until the garbage is collected.
Nothing in mitmproxy can be told of any of this, so three of its methods are wrapped.
"""

import asyncio

from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._http1 import Http1Connection, Http1Server, make_error_response
from mitmproxy.proxy.layers.websocket import WebsocketConnection, WebsocketLayer
from mitmproxy.proxy.server import ConnectionHandler
from wsproto.events import CloseConnection
from wsproto.frame_protocol import CloseReason

MOST_UNREAD = 256 * 1024
"""Bytes of one HTTP/1 connection that wait to be understood."""
MOST_SAID = 16 * 1024 * 1024
"""Bytes of one message of a socket; realtime interfaces take sound of 15 MiB at a time."""
MOST_FRAMES = 4096
"""Frames of one message: an empty one takes memory too."""

_TOO_MUCH = f"More than {MOST_UNREAD // 1024} KiB came where the end of a head or of a request was due."

_read = Http1Connection._handle_event  # noqa: SLF001 - see above
_relay = WebsocketLayer.relay_messages
_handle = ConnectionHandler.handle_connection


def close_gaps() -> None:
    """Do so in the mitmproxy of this process. Doing it again changes nothing."""
    Http1Connection._handle_event = _read_some  # type: ignore[method-assign] # noqa: SLF001 - see above
    WebsocketLayer.relay_messages = _relay_some  # type: ignore[method-assign]
    ConnectionHandler.handle_connection = _handle_to_the_end  # type: ignore[method-assign]


def _read_some(self: Http1Connection, event: events.Event) -> CommandGenerator[None]:
    yield from _read(self, event)
    if len(self.buf) > MOST_UNREAD:
        yield from _give_up(self)


def _give_up(connection: Http1Connection) -> CommandGenerator[None]:
    connection.buf = type(connection.buf)()
    connection.state = connection.done
    under_way = connection.request is not None
    if isinstance(connection, Http1Server) and not under_way:
        yield commands.SendData(connection.conn, make_error_response(431, _TOO_MUCH))
    yield commands.CloseConnection(connection.conn)
    if under_way and connection.stream_id is not None:
        error = connection.ReceiveProtocolError
        yield ReceiveHttp(error(connection.stream_id, _TOO_MUCH, error.code))


def _relay_some(self: WebsocketLayer, event: events.Event) -> CommandGenerator[None]:
    yield from _relay(self, event)
    for socket in (self.client_ws, self.server_ws):
        if _too_much(socket):
            socket.frame_buf = [b""]
            socket._events.append(CloseConnection(CloseReason.MESSAGE_TOO_BIG))  # noqa: SLF001 - as mitmproxy does
            yield from _relay(self, events.DataReceived(socket.conn, b""))


def _too_much(socket: WebsocketConnection) -> bool:
    frames = socket.frame_buf
    return len(frames) > MOST_FRAMES or sum(map(len, frames)) > MOST_SAID


async def _handle_to_the_end(self: ConnectionHandler, connection: Connection) -> None:
    try:
        await _handle(self, connection)
    except asyncio.CancelledError:
        left = self.transports.pop(connection, None)
        if left is not None:
            connection.state = ConnectionState.CLOSED
            if left.writer is not None:
                left.writer.close()
            await self.server_event(events.ConnectionClosed(connection))
        raise
