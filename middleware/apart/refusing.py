"""How a middleware of its own lets in and turns away."""

from abc import ABC, abstractmethod

from ...detection.json_text import dump
from ..asgi import ASGIApp, Message, Receive, Scope, Send
from ..rejection import Rejected

_VIOLATION = 1008


class Door(ABC):
    """A middleware that looks at the head of a request or a WebSocket, and at nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            self.admit(scope)
        except Rejected as rejected:
            await turn_away(rejected, scope, receive, send)
            return
        await self.app(scope, receive, send)

    @abstractmethod
    def admit(self, scope: Scope) -> None:
        """Let a request in, or raise `Rejected`."""


async def turn_away(rejected: Rejected, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that is not let in; a WebSocket is closed before it opens."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _VIOLATION})
        return
    body = dump({"detail": rejected.message, "code": rejected.code})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        *rejected.headers,
    ]
    head: Message = {"type": "http.response.start", "status": rejected.status, "headers": headers}
    await send(head)
    await send({"type": "http.response.body", "body": body, "more_body": False})
