"""The handshake that turns a request into a WebSocket, on the side of the server (RFC 6455, section 4.2)."""

import base64
import binascii

from websockets.protocol import Protocol, Side
from websockets.utils import accept_key

from ...middleware.asgi import Headers
from ...middleware.headers import every
from .wire import SILENT, Wire

_KEY_BYTES = 16
_VERSION = b"13"


def wants_socket(method: bytes, headers: Headers) -> bool:
    """Say whether a request whose protocol may be changed asks for a WebSocket."""
    asked = [value.strip().lower() for value in every(headers, b"upgrade")]
    return method == b"GET" and asked == [b"websocket"]


def key_of(headers: Headers) -> bytes | None:
    """Return the key of a handshake; None where it is none of the one version there is."""
    keys = [value.strip() for value in every(headers, b"sec-websocket-key")]
    versions = [value.strip() for value in every(headers, b"sec-websocket-version")]
    if len(keys) != 1 or versions != [_VERSION]:
        return None
    try:
        drawn = base64.b64decode(keys[0], validate=True)
    except binascii.Error:
        return None
    return keys[0] if len(drawn) == _KEY_BYTES else None


def subprotocols_of(headers: Headers) -> list[str]:
    """Return the protocols that a client offers to speak inside, the best one first."""
    offered = b",".join(every(headers, b"sec-websocket-protocol")).decode("latin-1")
    return [name.strip() for name in offered.split(",") if name.strip()]


def accepted(key: bytes, headers: Headers) -> bytes:
    """Return the answer that begins a connection. Raises `ValueError` for a field with a line break."""
    fields = b"".join([b"%b: %b\r\n" % field for field in headers])
    if fields.count(b"\n") != len(headers) or fields.count(b"\r") != len(headers):
        raise ValueError("a field of the answer holds a line break")
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: %b\r\n%b\r\n"
    ) % (accept_key(key.decode("ascii")).encode("ascii"), fields)


def server_wire(most_bytes: int) -> Wire:
    """Return the wire to a client that was let in; a message may have so many bytes."""
    return Wire(Protocol(Side.SERVER, max_size=most_bytes, logger=SILENT))
