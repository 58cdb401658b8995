"""The reverse proxy alone: server, routing, upstream client; no key, no limit, no record, no guard."""

from types import SimpleNamespace

from ...detection.types import Principal
from ...middleware.asgi import ASGIApp, Receive, Scope, Send, shared
from ...middleware.handover import Handover
from ...middleware.limits import Limits
from ...middleware.origin import Origin
from ...middleware.routes import RouteMap
from .workload import MODEL

_NOBODY = Principal("tenant", "application", "bench", "none")


class ProxyOnly:
    """Stands in for `Guard`; of its parts it takes the routes and who answers."""

    parts = SimpleNamespace(limits=Limits())
    """Bounds, and nothing to judge a WebSocket with: the benchmark opens none."""

    def __init__(self, app: ASGIApp, *, routes: RouteMap, origin: Origin, **_: object) -> None:
        self._routes = routes
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with a known route; its body is read to the end first."""
        route = self._routes.find(scope) if scope["type"] == "http" else None
        if route is None:
            raise LookupError("the benchmark asks for known routes only")
        told = Handover("bench", _NOBODY, route, model=MODEL, kept=shared(scope))
        answer = await self._origin.ask(scope, scope["headers"], await _whole(receive), told)
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            more = True
            while more:
                piece = await answer.read()
                more = not answer.ended
                await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            await answer.close()


def admit_everything(app: ASGIApp, **_: object) -> ASGIApp:
    """Stand in for `Admission`, which counts and refuses."""
    return app


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
