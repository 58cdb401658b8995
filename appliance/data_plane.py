"""The gateway and the detection service, wired. Nothing here knows a database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..detection.inspection import Inspector
from ..detection.ports import AuditReader, AuditSink, CounterStore
from ..detection.types import Principal
from ..gateway.app import GatewayParts, detection_app, proxy_app, with_detection
from ..gateway.detection_api.asking import Results
from ..gateway.intercepted.app import FACE, InterceptedParts, intercepted_app
from ..gateway.intercepted.destinations import Destinations, pooled
from ..gateway.intercepted.once import Handed
from ..gateway.router import Router
from ..gateway.upstream.base import Upstream
from ..library.panel import NOBODY, Panel
from ..middleware.asgi import ASGIApp
from ..middleware.health import Check
from ..middleware.identity import Identity, KeyIdentity, OpenIdentity
from ..middleware.limits import Rate
from ..middleware.metrics import PrometheusMetrics
from ..middleware.sealed_links import SealedLinks
from ..middleware.snapshot import SnapshotDirectory
from .admission import Admission
from .chosen import chosen_limits, chosen_upstreams
from .clock import SystemClock
from .detection_service import detection_api
from .settings import Settings
from .tls import upstream_tls
from .upstream_clients import upstream_clients


class Record(AuditSink, Protocol):
    """An `AuditSink` that may be full."""

    @property
    def accepting(self) -> bool:
        """Whether a new exchange may begin."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What the data plane stands on. `operator` is who calls without a key where that is allowed."""

    settings: Settings
    inspector: Inspector
    directory: SnapshotDirectory
    record: Record
    reader: AuditReader
    counters: CounterStore
    metrics: PrometheusMetrics
    operator: Principal
    results: Results
    service_key: bytes = field(repr=False)
    placeholder_key: bytes = field(repr=False)
    """The key that the core was built with."""
    checks: Mapping[str, Check]
    links: SealedLinks | None = None
    handed: Handed | None = None
    """What is shared with the transparent proxy, where there is one."""
    interception: Callable[[], Principal] | None = None
    panel: Panel = NOBODY
    """The slow tiers."""


@dataclass(frozen=True, slots=True)
class DataPlane:
    """The apps of a worker, and what has to be closed after them."""

    proxy: ASGIApp
    detection: ASGIApp
    upstreams: Mapping[str, Upstream]
    intercepted: ASGIApp | None = None
    destinations: Destinations | None = None

    async def close(self) -> None:
        """Close the connections to the upstreams."""
        for upstream in self.upstreams.values():
            await upstream.close()
        if self.destinations is not None:
            await self.destinations.close()


def build(ground: Ground) -> DataPlane:
    """Wire the data plane on its ground."""
    settings = ground.settings
    specs = chosen_upstreams(settings)
    upstreams = upstream_clients(specs)
    parts = GatewayParts(
        inspector=ground.inspector,
        policies=ground.directory,
        keys=ground.directory,
        bans=ground.directory.bans,
        counters=ground.counters,
        audit=ground.record,
        audit_reader=ground.reader,
        metrics=ground.metrics,
        clock=SystemClock(),
        router=Router(specs),
        upstreams=upstreams,
        limits=chosen_limits(settings, "proxy"),
        identity=_identity(ground),
        checks={
            "record": lambda: ground.record.accepting,
            "keys": lambda: ground.directory.revision >= 0,
            **ground.checks,
        },
        exposition=ground.metrics.render,
        links=ground.links,
        panel=ground.panel,
    )
    admitted = Admission(
        proxy_app(parts),
        accepting=lambda: ground.record.accepting,
        inspector=ground.inspector,
        metrics=ground.metrics,
        service="gateway",
    )
    api = detection_api(ground, parts)
    own = replace(api, limits=chosen_limits(settings, "detection"))
    destinations = Destinations(pooled(upstream_tls))
    return DataPlane(
        with_detection(admitted, api),
        detection_app(parts, own, admitted),
        upstreams,
        _intercepted(ground, parts, destinations),
        destinations,
    )


def _intercepted(ground: Ground, parts: GatewayParts, destinations: Destinations) -> ASGIApp | None:
    """Return the service that the transparent proxy hands requests over to, where there is one."""
    settings = ground.settings
    if settings.intercept is None or ground.handed is None or ground.interception is None:
        return None
    # everybody behind the proxy shares one application: only a limit that was asked for is one here
    rate = settings.rate_limit if isinstance(settings.rate_limit, Rate) else None
    app = intercepted_app(
        InterceptedParts(
            inspector=parts.inspector,
            policies=parts.policies,
            bans=parts.bans,
            counters=parts.counters,
            audit=parts.audit,
            metrics=parts.metrics,
            clock=parts.clock,
            rules=settings.intercept.rules,
            destinations=destinations,
            handed=ground.handed,
            principal=ground.interception,
            limits=replace(parts.limits, client_rate=rate, key_rate=None),
            links=parts.links,
            panel=parts.panel,
        )
    )
    return Admission(
        app,
        accepting=lambda: ground.record.accepting,
        inspector=ground.inspector,
        metrics=ground.metrics,
        service=FACE,
    )


def _identity(ground: Ground) -> Identity:
    if ground.settings.auth == "keys":
        return KeyIdentity(ground.directory)
    return OpenIdentity(ground.directory, ground.operator)
