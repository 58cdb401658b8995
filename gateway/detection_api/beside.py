"""The service beside the gateway: on one port, where no provider's route owns the path."""

from collections.abc import Awaitable
from inspect import markcoroutinefunction

from ...middleware.asgi import ASGIApp, Receive, Scope, Send, raw_path
from .service import DetectionService


class Beside:
    """Serves the paths of the detection service; everything else goes to `app`."""

    def __init__(self, app: ASGIApp, service: DetectionService) -> None:
        self._app = app
        self._service = service

    @markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection; handed on unawaited, because every request comes by."""
        owned = scope["type"] == "http" and self._service.table.owns(raw_path(scope).decode("latin-1"))
        return (self._service if owned else self._app)(scope, receive, send)
