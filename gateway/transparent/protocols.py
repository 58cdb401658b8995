"""What a request begins that is more than a request and its answer."""

from mitmproxy import http


def is_socket(request: http.Request) -> bool:
    """Say whether a WebSocket is asked for."""
    return any(value.lower() == b"websocket" for value in values(request, b"upgrade"))


def is_grpc(request: http.Request) -> bool:
    """Say whether a call of gRPC is made, of gRPC-Web too."""
    return any(value.lower().startswith(b"application/grpc") for value in values(request, b"content-type"))


def values(request: http.Request, name: bytes) -> list[bytes]:
    """Return the values of the fields of a name, which is in lower case.

    mitmproxy's own way decodes and joins them, which takes ten times as long.
    """
    return [value for written, value in request.data.headers.fields if written.lower() == name]
