"""Bounds on what a browser may send: forms are small and arrive at once."""

from starlette.responses import PlainTextResponse

from ...middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from ...middleware.body import read_body
from ...middleware.limits import Limits
from ...middleware.rejection import Rejected

_LIMITS = Limits(client_rate=None, key_rate=None, request_bytes=64 * 1024, body_seconds=10.0)


class BoundedBodies:
    """Reads every body whole, within bounds, before anything behind it looks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await read_body(receive, _LIMITS)
        except Rejected as rejected:
            await PlainTextResponse(rejected.message, rejected.status)(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
