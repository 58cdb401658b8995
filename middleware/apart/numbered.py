"""Numbering requests."""

from ..app_runner import state_of
from ..asgi import ASGIApp, Message, Receive, Scope, Send
from ..clock import SystemClock
from ..request_id import new_id

_STATE = "request_id"


class RequestIdMiddleware:
    """Gives every request an id: in ``scope["state"]["request_id"]`` and in a field of its answer.

    What a client sends under that name is no id: anybody can write it.

    Args:
        app: what is behind it.
        header: name of the field.
    """

    def __init__(self, app: ASGIApp, header: str = "x-request-id") -> None:
        self._app = app
        self._header = header.lower().encode("ascii")
        self._clock = SystemClock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        number = new_id(self._clock.now())
        state_of(scope)[_STATE] = number
        named = (self._header, number.encode("ascii"))

        async def numbered(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                others = [field for field in message.get("headers", ()) if field[0].lower() != named[0]]
                message = {**message, "headers": [*others, named]}
            await send(message)

        await self._app(scope, receive, numbered)
