"""Refuses new exchanges while they could not be recorded."""

from collections.abc import Callable

from ..detection.inspection import Inspector
from ..detection.ports import Metrics
from ..middleware.asgi import ASGIApp, Receive, Scope, Send

RETRY_SECONDS = 5


class Admission:
    """Stands in front of a service and answers 503 while `accepting` says no.

    A refused request never becomes an exchange, so nothing of it needs recording.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        accepting: Callable[[], bool],
        inspector: Inspector,
        metrics: Metrics,
        service: str,
    ) -> None:
        self._app = app
        self._accepting = accepting
        self._inspector = inspector
        self._metrics = metrics
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http" or scope["method"] == "GET" or self._accepting():
            await self._app(scope, receive, send)
            return
        self._metrics.rejected(self._service, "audit")
        refusal = self._inspector.error(
            "openai_chat", 503, "audit_unavailable", "Exchanges cannot be recorded now; try again later."
        )
        headers = [
            (b"content-type", refusal.content_type.encode()),
            (b"content-length", b"%d" % len(refusal.body)),
            (b"retry-after", b"%d" % RETRY_SECONDS),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": refusal.body})
