"""What a request begins that is more than a request and its answer, and what is less than a stream."""

from mitmproxy import http

_SHORT = 64 * 1024
"""Bytes of a body that is waited for: mitmproxy passes it on in one step, and a body in pieces in many."""
_DIGITS = len(str(_SHORT))


def is_socket(request: http.Request) -> bool:
    """Say whether a WebSocket is asked for."""
    return any(value.lower() == b"websocket" for value in values(request, b"upgrade"))


def is_grpc(request: http.Request) -> bool:
    """Say whether a call of gRPC is made, of gRPC-Web too."""
    return any(value.lower().startswith(b"application/grpc") for value in values(request, b"content-type"))


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


def values(message: http.Message, name: bytes) -> list[bytes]:
    """Return the values of the fields of a name, which is in lower case.

    mitmproxy's own way decodes and joins them, which takes ten times as long.
    """
    return [value for written, value in message.data.headers.fields if written.lower() == name]
