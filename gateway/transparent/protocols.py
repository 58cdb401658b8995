"""What a request begins that is more than a request and its answer."""

from mitmproxy import http


def is_socket(request: http.Request) -> bool:
    """Say whether a WebSocket is asked for."""
    return str(request.headers.get("upgrade", "")).lower() == "websocket"


def is_grpc(request: http.Request) -> bool:
    """Say whether a call of gRPC is made, of gRPC-Web too."""
    return str(request.headers.get("content-type", "")).lower().startswith("application/grpc")
