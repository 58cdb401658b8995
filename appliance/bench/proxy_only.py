"""The reverse proxy alone: server, routing, upstream client; no key, no limit, no record, no guard."""

from typing import Any

from ...detection.types import Principal
from ...middleware.asgi import ASGIApp, Receive, Scope, Send, shared
from ...middleware.handover import KEY, Handover
from ...middleware.routes import RouteMap
from .workload import MODEL

_NOBODY = Principal("tenant", "application", "bench", "none")


class ProxyOnly:
    """Stands in for `GuardMiddleware`; of its parts it takes the routes."""

    def __init__(self, app: ASGIApp, *, routes: RouteMap, **_: object) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request with a known route to the proxy, its body read to the end."""
        route = self._routes.find(scope) if scope["type"] == "http" else None
        if route is None:
            raise LookupError("the benchmark asks for known routes only")
        scope[KEY] = Handover("bench", _NOBODY, route, model=MODEL, kept=shared(scope))
        message = await _whole(receive)

        async def body() -> dict[str, Any]:
            return message

        await self._app(scope, body, send)


def admit_everything(app: ASGIApp, **_: object) -> ASGIApp:
    """Stand in for `Admission`, which counts and refuses."""
    return app


async def _whole(receive: Receive) -> dict[str, Any]:
    message = dict(await receive())
    while message.get("more_body"):
        more = await receive()
        message = {**more, "body": message.get("body", b"") + more.get("body", b"")}
    return message
