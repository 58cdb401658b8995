"""Settings to wired apps: the only place that knows which class stands behind each port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prometheus_client import Gauge

from ..admin_ui.store.audit import AuditLog
from ..admin_ui.store.control import Control
from ..admin_ui.store.database import Database
from ..admin_ui.store.directory import Directory
from ..admin_ui.store.record import record_of
from ..detection.inspection import Inspector
from ..detection.policy import Policy
from ..detection.presets import preset
from ..detection.types import AuditEntry, Principal
from ..gateway.app import GatewayParts, detection_app, proxy_app
from ..gateway.router import Router, UpstreamSpec
from ..gateway.upstream.base import Upstream
from ..middleware.asgi import ASGIApp
from ..middleware.health import HealthApp
from ..middleware.identity import Identity, KeyIdentity, OpenIdentity
from ..middleware.limits import Limits
from ..middleware.metrics import PrometheusMetrics
from .admission import Admission
from .bootstrap import APPLICATION
from .clock import SystemClock
from .counters import MemoryCounters
from .deferred import Deferred
from .demo import ALONE, BESIDE
from .exchange_log import log_exchange
from .ports import Listener, Ports, base_url
from .recorder import Recorder
from .refresher import Refresher
from .secrets import Secrets
from .servers import HttpServer, Servers
from .settings import Service, Settings
from .upstream_clients import upstream_clients
from .uvicorn_servers import UvicornServer

OPEN_KEY = "open"
"""Stands for a key in the record of a call that needed none."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What an appliance stands on. The database is open and has the tables of this version."""

    settings: Settings
    secrets: Secrets
    ports: Ports
    inspector: Inspector
    database: Database
    control: Control


@dataclass(frozen=True, slots=True)
class Appliance:
    """Everything that runs, and the apps it serves."""

    proxy: ASGIApp
    detection: ASGIApp
    admin: ASGIApp
    web_admin: Deferred
    policy: Policy
    specs: tuple[UpstreamSpec, ...]
    directory: Directory
    recorder: Recorder
    refresher: Refresher
    upstreams: Mapping[str, Upstream]

    def served_on(self, ports: Ports) -> list[tuple[Listener, ASGIApp]]:
        """Say which app is served on which port."""
        return [(ports.admin, self.admin), (ports.detection, self.detection), (ports.proxy, self.proxy)]

    def servers(self, ports: Ports, drain_seconds: float) -> Servers:
        """Make the servers of the apps."""
        return Servers(
            (
                UvicornServer(self.admin, ports.admin, drain_seconds),
                HttpServer(self.detection, ports.detection, drain_seconds),
                HttpServer(self.proxy, ports.proxy, drain_seconds),
            )
        )

    async def close(self) -> None:
        """Close the connections to the upstreams."""
        for upstream in self.upstreams.values():
            await upstream.close()


def chosen_policy(settings: Settings) -> Policy:
    """Return the preset with what the settings change in it."""
    return replace(
        preset(settings.policy),
        block_style=settings.block_style,
        show_categories=settings.show_categories,
        restore=settings.restore,
    )


def chosen_upstreams(settings: Settings) -> tuple[UpstreamSpec, ...]:
    """Return the configured upstreams, with the demo where it is wanted or nothing else is there."""
    if not settings.upstreams:
        return (ALONE,)
    return (*settings.upstreams, BESIDE) if settings.demo else settings.upstreams


async def build(ground: Ground) -> Appliance:
    """Wire an appliance on its ground."""
    settings = ground.settings
    metrics = PrometheusMetrics()
    policy = chosen_policy(settings)
    directory = Directory(ground.database, ground.secrets.pepper, policy)
    recorder = _recorder(ground, metrics)
    clock = SystemClock()
    refresher = Refresher(directory, clock)
    specs = chosen_upstreams(settings)
    upstreams = upstream_clients(specs)
    parts = GatewayParts(
        inspector=ground.inspector,
        policies=directory,
        keys=directory,
        bans=directory.bans,
        counters=MemoryCounters(clock),
        audit=recorder,
        audit_reader=recorder,
        metrics=metrics,
        clock=clock,
        router=Router(specs),
        upstreams=upstreams,
        limits=_limits(settings, "proxy"),
        identity=await _identity(settings, directory, ground.control),
        checks={
            "database": lambda: refresher.fresh,
            "record": lambda: recorder.accepting,
            "keys": lambda: directory.revision >= 0,
        },
        exposition=metrics.render,
    )
    web_admin = _web_admin(ground, parts, directory)
    checks = {**parts.checks, "pages": lambda: web_admin.loaded}
    return Appliance(
        proxy=_admitted(proxy_app(parts), parts, recorder),
        detection=detection_app(replace(parts, limits=_limits(settings, "detection"))),
        admin=HealthApp(web_admin, checks=checks, metrics=metrics.render),
        web_admin=web_admin,
        policy=policy,
        specs=specs,
        directory=directory,
        recorder=recorder,
        refresher=refresher,
        upstreams=upstreams,
    )


def _web_admin(ground: Ground, parts: GatewayParts, directory: Directory) -> Deferred:
    async def refresh() -> None:
        await directory.refresh()

    def construct() -> ASGIApp:
        from ..admin_ui.app import admin_app  # noqa: PLC0415 - a third of a second the gateway need not wait

        return admin_app(
            ground.database,
            ground.control,
            session_key=ground.secrets.session_key,
            secure_cookies=ground.settings.admin_https,
            counters=parts.counters,
            on_change=refresh,
            rate=ground.settings.rate("admin"),
            sign_in_rate=ground.settings.rate("auth"),
            proxy_url=base_url(ground.settings.host, ground.ports.proxy.port),
        )

    return Deferred(construct)


class _EntryLog:
    """Takes entries where the log takes records."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._log = AuditLog(database, key)
        self.find = self._log.find

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        await self._log.write([record_of(entry) for entry in entries])


def _recorder(ground: Ground, metrics: PrometheusMetrics) -> Recorder:
    pending = Gauge(
        "sluicegate_audit_pending",
        "Audit entries that are not in the database yet.",
        registry=metrics.registry,
    )
    recorder = Recorder(
        _EntryLog(ground.database, ground.secrets.audit_key),
        overflow=ground.settings.audit_overflow,
        closed=log_exchange,
        lost=metrics.lost,
    )
    pending.set_function(lambda: recorder.pending)
    return recorder


def _limits(settings: Settings, service: Service) -> Limits:
    rate = settings.rate(service)
    return Limits(
        client_rate=rate,
        key_rate=rate,
        request_bytes=settings.max_body_bytes,
        answer_bytes=settings.max_answer_bytes,
    )


async def _identity(settings: Settings, directory: Directory, control: Control) -> Identity:
    if settings.auth == "keys":
        return KeyIdentity(directory)
    tenant = await control.ensure_default_tenant()
    application = await control.ensure_application(APPLICATION)
    return OpenIdentity(directory, Principal(tenant, application, APPLICATION, OPEN_KEY))


def _admitted(app: ASGIApp, parts: GatewayParts, recorder: Recorder) -> ASGIApp:
    return Admission(
        app,
        accepting=lambda: recorder.accepting,
        inspector=parts.inspector,
        metrics=parts.metrics,
        service="gateway",
    )
