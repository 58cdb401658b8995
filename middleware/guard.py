"""The guard: an ASGI middleware that lets nothing unjudged pass, in either direction."""

from collections.abc import Coroutine
from typing import Any

from ..detection.inspection import Inspector
from ..detection.ports import (
    AuditSink,
    BanList,
    Clock,
    CounterStore,
    KeyDirectory,
    Links,
    Metrics,
    PolicySource,
)
from ..library.panel import NOBODY, Panel
from .app_origin import AppOrigin
from .asgi import ASGIApp, Receive, Scope, Send
from .identity import Identity, KeyIdentity
from .limits import Limits
from .origin import Origin, Source
from .parts import Parts
from .rejection import Rejected
from .routes import Route, RouteMap
from .visit import Visit


class Guard:
    """Guards an ASGI app.

    Requests are matched by `routes`; those with a dialect are judged, and so are their answers.
    Callers are known by `identity`, which reads `keys` unless another one is given. `face` names
    this door in records, counters and metrics. Judged requests are answered by the `origin` or the `source`,
    which is the app unless one of them is given. Header fields about the decision are sent with
    `expose_headers`, the request id alone with `expose_request_id`. A refusal may hold one of the `links`
    to why. Models that the core wants to hear first are asked through the `panel`; with
    `races` the origin does nothing but answer, and may be asked meanwhile where a policy says so. Scopes
    other than HTTP pass.

    Holds configuration only; what belongs to one request lives in a `Visit`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        inspector: Inspector,
        policies: PolicySource,
        keys: KeyDirectory | None = None,
        bans: BanList | None,
        counters: CounterStore,
        audit: AuditSink,
        metrics: Metrics,
        clock: Clock,
        routes: RouteMap,
        limits: Limits | None = None,
        identity: Identity | None = None,
        expose_headers: bool = False,
        expose_request_id: bool = False,
        face: str = "middleware",
        origin: Origin | None = None,
        source: Source | None = None,
        links: Links | None = None,
        panel: Panel = NOBODY,
        races: bool = False,
    ) -> None:
        self._app = app
        self._routes = routes
        self.parts = Parts(
            app=app,
            origin=origin,
            source=source or AppOrigin(app),
            inspector=inspector,
            policies=policies,
            identity=identity or _by_keys(keys),
            bans=bans,
            counters=counters,
            audit=audit,
            metrics=metrics,
            clock=clock,
            limits=limits or Limits(),
            expose_headers=expose_headers,
            expose_request_id=expose_headers or expose_request_id,
            face=face,
            links=links,
            panel=panel,
            races=races,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            route = self._routes.find(scope)
        except Rejected as rejected:
            await self.reject(rejected, scope, receive, send)
            return
        if route is None:
            await self._app(scope, receive, send)
        else:
            await self.serve(route, scope, receive, send)

    def serve(
        self, route: Route, scope: Scope, receive: Receive, send: Send
    ) -> Coroutine[Any, Any, Exception | None]:
        """Serve a request whose route is known; see `Visit.serve`."""
        return Visit(self.parts, scope, receive, send).serve(route)

    async def reject(self, rejected: Rejected, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no route may have."""
        await Visit(self.parts, scope, receive, send).reject(rejected)


def _by_keys(keys: KeyDirectory | None) -> Identity:
    if keys is None:
        raise ValueError("a guard needs keys, or an identity")
    return KeyIdentity(keys)
