"""The service beside the gateway: on one port, where no provider's route owns the path."""

from ...middleware.asgi import ASGIApp, Receive, Scope, Send, raw_path
from .service import DetectionService


class Beside:
    """Serves the paths of the detection service; everything else goes to `app`."""

    def __init__(self, app: ASGIApp, service: DetectionService) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http" and self._service.table.owns(raw_path(scope).decode("latin-1")):
            await self._service(scope, receive, send)
        else:
            await self._app(scope, receive, send)
