"""The bus: messages between the control process and the workers over a Unix socket.

The supervisor makes the listener before it forks and keeps it for life, so that a control process
that was replaced is found in the same place; the socket's name is abstract, so there is no file to
clear away. Whoever connects shows a token first that only processes of this appliance hold.

A frame is its length in four bytes, then JSON: an array of the kind of the message and its content.
"""

import asyncio
import hmac
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

MOST_DOWN = 256 * 1024 * 1024
"""Bytes of the largest frame to a worker: a snapshot of about a million keys."""
MOST_UP = 64 * 1024
"""Bytes of the largest frame to the control process."""
MOST_WAITING = 2 * MOST_DOWN
"""Bytes that may wait for a worker that does not read; beyond, it is cut off and comes again."""

_LENGTH = struct.Struct(">I")
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Bus:
    """Where the bus is and what opens it. Made before the first fork, inherited by all."""

    listener: socket.socket
    address: str | bytes
    """What a worker connects to."""
    token: str = field(repr=False)

    def opens(self, token: object) -> bool:
        """Say in constant time whether a token is ours."""
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self.token.encode())

    def close(self) -> None:
        """Close the listener, in this process."""
        self.listener.close()


def make_bus() -> Bus:
    """Make the listener under a name that the kernel chooses (``man 7 unix``, autobind)."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("")
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return Bus(listener, listener.getsockname(), os.urandom(32).hex())


def framed(kind: str, content: object) -> bytes:
    """Return the frame of a message. `content` is anything `orjson` writes, fragments included."""
    body = orjson.dumps((kind, content))
    return _LENGTH.pack(len(body)) + body


class BusConnection(asyncio.Protocol):
    """One end of a connection. Calls `receive` with each message and `lost` at the end.

    A frame above `most` bytes and one that is no message end the connection.
    """

    def __init__(
        self,
        most: int,
        receive: Callable[["BusConnection", str, Any], None],
        lost: Callable[["BusConnection"], None],
    ) -> None:
        self._most = most
        self._receive = receive
        self._lost = lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    @property
    def waiting(self) -> int:
        """Bytes that the other side has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by class

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of the end."""
        self._transport = None
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes, hand on whole messages."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size and self._transport is not None:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > self._most:
                self.abort()
                return
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(memoryview(self._buffer)[_LENGTH.size : end])
            del self._buffer[:end]
            self._hand_on(body)

    def send(self, frame: bytes) -> None:
        """Write a frame; cut the other side off when it does not read."""
        if self._transport is None:
            return
        self._transport.write(frame)
        if self.waiting > MOST_WAITING:
            self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_on(self, body: bytes) -> None:
        try:
            kind, content = orjson.loads(body)
        except (ValueError, TypeError):
            self.abort()
            return
        self._receive(self, kind, content)


async def joined(
    bus: Bus,
    most: int,
    receive: Callable[[BusConnection, str, Any], None],
    lost: Callable[[BusConnection], None],
) -> BusConnection:
    """Return a connection to whoever listens on a bus, over which the token was shown; see `BusConnection`.

    Raises `OSError` where nobody listens.
    """
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.setblocking(False)
        end.connect(bus.address)
        _, connection = await asyncio.get_running_loop().create_unix_connection(
            lambda: BusConnection(most, receive, lost), sock=end
        )
    except OSError:
        end.close()
        raise
    connection.send(framed("hello", bus.token))
    return connection
