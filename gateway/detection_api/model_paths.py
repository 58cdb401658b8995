"""OpenGuardrails' direct model access: its paths lead to the gateway's routes, and are guarded there."""

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        path = PATHS.get(raw_path(scope)) if scope["type"] == "http" else None
        if path is None:
            await self._app(scope, receive, send)
        else:
            inner = {**scope, "path": path, "raw_path": path.encode("ascii")}
            await self._gateway(inner, receive, send)
