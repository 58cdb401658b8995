"""The detection service as an ASGI app."""

from ...middleware.asgi import Receive, Scope, Send
from .parts import ServiceParts
from .table import OperationTable
from .visit import Visit


class DetectionService:
    """Serves the operations of a table. `service` is ``detection`` or ``proxy``: the port it stands on."""

    def __init__(self, parts: ServiceParts, table: OperationTable, service: str) -> None:
        self.table = table
        self._parts = parts
        self._service = service
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        self._running += 1
        try:
            await Visit(self._parts, self._service, self._running, scope, receive, send).serve(self.table)
        finally:
            self._running -= 1
