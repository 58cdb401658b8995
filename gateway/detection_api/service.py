"""The detection service as an ASGI app."""

from ...middleware.asgi import ASGIApp, Receive, Scope, Send
from .elsewhere import replay
from .parts import ServiceParts
from .table import OperationTable
from .visit import Visit


class DetectionService:
    """Serves the operations of a table. `service` is ``detection`` or ``proxy``: the port it stands on.

    Calls that are not ours to answer go to the `gateway`, where there is one.
    """

    def __init__(
        self, parts: ServiceParts, table: OperationTable, service: str, gateway: ASGIApp | None = None
    ) -> None:
        self.table = table
        self._parts = parts
        self._service = service
        self._gateway = gateway
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        self._running += 1
        try:
            visit = Visit(self._parts, self._service, self._running, scope, receive, send)
            body = await visit.serve(self.table)
            if body is not None and self._gateway is not None:
                await self._gateway(scope, replay(body, receive), send)
        finally:
            self._running -= 1
