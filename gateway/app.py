"""The two services of the data plane, wired from their parts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import markcoroutinefunction

from .. import __version__
from ..detection.inspection import Inspector
from ..detection.ports import (
    AuditReader,
    AuditSink,
    BanList,
    Clock,
    CounterStore,
    KeyDirectory,
    Metrics,
    PolicySource,
)
from ..library.panel import NOBODY, Panel
from ..middleware.asgi import ASGIApp, Receive, Scope, Send
from ..middleware.guard import Guard
from ..middleware.health import Check, HealthApp
from ..middleware.identity import Identity
from ..middleware.limits import Limits
from ..middleware.origin import Origin
from ..middleware.routes import RouteMap
from ..middleware.sealed_links import SealedLinks
from .detection_api.beside import Beside
from .detection_api.catalogue import TABLE
from .detection_api.model_paths import ModelPaths
from .detection_api.parts import ServiceParts
from .detection_api.service import DetectionService
from .explain_page import ExplainPage
from .proxy import ReverseProxy
from .realtime.app import Sockets
from .router import Router
from .upstream.base import Upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParts:
    """What the services are made of. `upstreams` holds a client for each spec of the `router`.

    `identity` stands in for the plain reading of `keys`. `checks` are asked by ``/ready``,
    `exposition` renders ``/metrics``. Refusals may hold one of the `links`, which the gateway answers.
    The `panel` are the slow tiers.
    """

    inspector: Inspector
    policies: PolicySource
    keys: KeyDirectory
    bans: BanList
    counters: CounterStore
    audit: AuditSink
    audit_reader: AuditReader
    metrics: Metrics
    clock: Clock
    router: Router
    upstreams: Mapping[str, Upstream]
    limits: Limits = field(default_factory=Limits)
    expose_headers: bool = True
    identity: Identity | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)
    exposition: Callable[[], bytes] | None = None
    links: SealedLinks | None = None
    panel: Panel = NOBODY


def proxy_app(parts: GatewayParts) -> ASGIApp:
    """Return the gateway: health in front, the guard, the reverse proxy behind it."""
    proxy = ReverseProxy(parts.router, parts.upstreams, parts.audit_reader, parts.limits)
    return _service(parts, proxy, parts.router, "gateway", proxy)


def detection_app(parts: GatewayParts, api: ServiceParts, gateway: ASGIApp) -> ASGIApp:
    """Return the detection service, with health, readiness and metrics in front.

    Its paths of direct model access lead to `gateway`.
    """
    service = ModelPaths(DetectionService(api, TABLE, "detection"), gateway)
    return HealthApp(
        _HttpOnly(service),
        checks=parts.checks,
        metrics=parts.exposition,
        about={"service": "detection", "version": __version__},
    )


def with_detection(gateway: ASGIApp, api: ServiceParts) -> ASGIApp:
    """Return an app that serves the detection API beside the routes of the gateway."""
    guarded = ModelPaths(gateway, gateway)
    return Beside(guarded, DetectionService(api, TABLE, "proxy", guarded))


def _service(parts: GatewayParts, app: ASGIApp, routes: RouteMap, face: str, origin: Origin) -> ASGIApp:
    guard = Guard(
        _HttpOnly(app),
        inspector=parts.inspector,
        policies=parts.policies,
        keys=parts.keys,
        bans=parts.bans,
        counters=parts.counters,
        audit=parts.audit,
        metrics=parts.metrics,
        clock=parts.clock,
        routes=routes,
        limits=parts.limits,
        identity=parts.identity,
        expose_headers=parts.expose_headers,
        expose_request_id=True,
        face=face,
        origin=origin,
        links=parts.links,
        panel=parts.panel,
        races=True,
    )
    guarded: ASGIApp = _BySocket(guard, Sockets(guard.parts, parts.router, parts.upstreams))
    if parts.links is not None:
        guarded = ExplainPage(guarded, parts.links, parts.counters, parts.bans)
    return HealthApp(guarded, checks=parts.checks, metrics=parts.exposition)


class _BySocket:
    """Serves WebSockets by an app of their own."""

    def __init__(self, app: ASGIApp, sockets: ASGIApp) -> None:
        self._app = app
        self._sockets = sockets

    @markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection; handed on unawaited, because every request comes by."""
        return (self._sockets if scope["type"] == "websocket" else self._app)(scope, receive, send)


class _HttpOnly:
    """Ends what is not HTTP: WebSockets are refused, lifespan events confirmed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "lifespan":
            await _confirm_lifespan(receive, send)
        else:
            raise LookupError("nothing serves this kind of connection")


async def _confirm_lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
