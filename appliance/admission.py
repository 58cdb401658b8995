"""Refuses new exchanges while they could not be recorded."""

from collections.abc import Awaitable, Callable
from inspect import markcoroutinefunction

from ..detection.inspection import Inspector
from ..detection.ports import Metrics
from ..middleware.asgi import DENIAL, ASGIApp, Message, Receive, Scope, Send

RETRY_SECONDS = 5

_FULL = "Exchanges cannot be recorded now; try again later."
_LATER = 1013
"""Code of a closing: try again later."""


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

    @markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection; handed on unawaited, because every request comes by."""
        if scope["type"] == "websocket":
            return self._socket(scope, receive, send)
        if scope["type"] != "http" or scope["method"] == "GET" or self._accepting():
            return self._app(scope, receive, send)
        return self._refuse(send, "http.response")

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket; every message of its client may begin an exchange."""

        async def admitted() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive" or self._accepting():
                return message
            self._metrics.rejected(self._service, "audit")
            await send({"type": "websocket.close", "code": _LATER, "reason": _FULL})
            return {"type": "websocket.disconnect", "code": _LATER, "reason": ""}

        if self._accepting():
            await self._app(scope, admitted, send)
        elif DENIAL in scope.get("extensions", {}):
            await receive()
            await self._refuse(send, DENIAL)
        else:
            await send({"type": "websocket.close", "code": _LATER})

    async def _refuse(self, send: Send, kind: str) -> None:
        self._metrics.rejected(self._service, "audit")
        refusal = self._inspector.error("openai_chat", 503, "audit_unavailable", _FULL)
        headers = [
            (b"content-type", refusal.content_type.encode()),
            (b"content-length", b"%d" % len(refusal.body)),
            (b"retry-after", b"%d" % RETRY_SECONDS),
            (b"connection", b"close"),
        ]
        await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": refusal.body})
