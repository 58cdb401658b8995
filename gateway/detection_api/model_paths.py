"""OpenGuardrails' direct model access: its paths lead to the gateway's routes, and are guarded there."""

from collections.abc import Awaitable
from inspect import markcoroutinefunction

from ...middleware.asgi import ASGIApp, Receive, Scope, Send, raw_path

PATHS = {
    b"/v1/model/chat/completions": "/v1/chat/completions",
    b"/v1/model/embeddings": "/v1/embeddings",
}


class ModelPaths:
    """Sends calls of those paths to `gateway` under the path it knows; everything else goes to `app`."""

    def __init__(self, app: ASGIApp, gateway: ASGIApp) -> None:
        self._app = app
        self._gateway = gateway

    @markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection; handed on unawaited, because every request comes by."""
        path = PATHS.get(raw_path(scope)) if scope["type"] == "http" else None
        if path is None:
            return self._app(scope, receive, send)
        inner = {**scope, "path": path, "raw_path": path.encode("ascii")}
        return self._gateway(inner, receive, send)
