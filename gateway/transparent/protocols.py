"""What a request begins that is more than a request and its answer, and what is less than a stream."""

import re
from collections.abc import Callable

from mitmproxy import http

_SHORT = 64 * 1024
"""Bytes of a body that is waited for: mitmproxy passes it on in one step, and a body in pieces in many."""
_DIGITS = len(str(_SHORT))


_SERVICE = re.compile(rb"/[\w.]+\.\w+/\w+")
"""Path of a call of gRPC: the package and name of a service, and its method."""
_ASKS_ONLY = (b"GET", b"HEAD", b"OPTIONS")
"""Methods of requests that have no body unless they say so."""
_NO_BODY: tuple[list[bytes], ...] = ([], [b"0"])


def is_socket(request: http.Request) -> bool:
    """Say whether a WebSocket is asked for and nothing else, see RFC 6455, section 4.1.

    Hosts that open none answer such a request as any other: its fields must not hide one with a body.
    """
    return (
        lowered(request, b"upgrade") == [b"websocket"]
        and request.data.method == b"GET"
        and request.data.http_version == b"HTTP/1.1"
        and values(request, b"sec-websocket-version") == [b"13"]
        and not values(request, b"transfer-encoding")
        and values(request, b"content-length") in _NO_BODY
    )


def is_grpc(request: http.Request) -> bool:
    """Say whether a call of gRPC is made, of gRPC-Web too: the kind of the body alone does not say so."""
    kinds = lowered(request, b"content-type")
    return (
        len(kinds) == 1
        and kinds[0].startswith(b"application/grpc")
        and _SERVICE.fullmatch(request.data.path) is not None
    )


def framed(request: http.Request) -> bool | Callable[[bytes], bytes]:
    """Say in HTTP/1 how long the body of a request is that will be passed on in pieces, and return how.

    In HTTP/2 a body may end without having announced a length, and mitmproxy writes it down as it is: what
    comes next to the head would be read as a request of its own.
    """
    if request.data.http_version.startswith(b"HTTP/1") or values(request, b"content-length"):
        return True
    if request.data.method in _ASKS_ONLY:
        return _nothing
    request.headers.fields = (*request.headers.fields, (b"transfer-encoding", b"chunked"))
    return True


def is_short(message: http.Message) -> bool:
    """Say whether a body is announced that may be waited for."""
    lengths = values(message, b"content-length")
    return (
        len(lengths) == 1
        and len(lengths[0]) <= _DIGITS
        and lengths[0].isdigit()
        and int(lengths[0]) <= _SHORT
    )


def is_object(message: http.Message) -> bool:
    """Say whether a body is JSON, of which nobody makes anything before it is whole."""
    kinds = values(message, b"content-type")
    return len(kinds) == 1 and kinds[0].partition(b";")[0].strip().lower() == b"application/json"


def _nothing(_: bytes) -> bytes:
    return b""


def without(message: http.Message, name: bytes) -> None:
    """Take out the fields of a name, which is in lower case."""
    headers = message.data.headers
    headers.fields = tuple([field for field in headers.fields if field[0].lower() != name])


def lowered(message: http.Message, name: bytes) -> list[bytes]:
    """Return the same as `values`, in lower case."""
    return [value.lower() for value in values(message, name)]


def values(message: http.Message, name: bytes) -> list[bytes]:
    """Return the values of the fields of a name, which is in lower case.

    mitmproxy's own way decodes and joins them, which takes ten times as long.
    """
    return [value for written, value in message.data.headers.fields if written.lower() == name]
