"""The detection API alone, beside one app: no database, no web admin, one key.

Its policies come from an appliance, its record goes there. It may start while the appliance is away: with the
policies that it had last, or waiting for the first.
"""

import asyncio
import hmac
import secrets
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import typer
import uvloop

from .. import __version__
from ..detection.errors import UpstreamFault
from ..detection.policy import Policy
from ..detection.rules import load_packs
from ..detection.types import Principal
from ..gateway.detection_api.callers import Callers
from ..gateway.detection_api.catalogue import TABLE
from ..gateway.detection_api.lending import Lending
from ..gateway.detection_api.options import Options
from ..gateway.detection_api.parts import ServiceParts
from ..gateway.detection_api.service import DetectionService
from ..gateway.detection_api.service_keys import service_keys
from ..gateway.detection_api.sessions import Sessions
from ..gateway.detection_api.tools import Tools
from ..library.default import current
from ..library.embedded import Embedded
from ..library.panel import NOBODY
from ..middleware.app_identity import NoBans
from ..middleware.asgi import ASGIApp, Receive, Scope, Send
from ..middleware.health import HealthApp
from ..middleware.identity import KeyIdentity
from ..middleware.limits import Limits
from ..middleware.metrics import PrometheusMetrics
from ..middleware.remote.faces import RemoteLibrary
from ..middleware.remote.remote import Remote
from .clock import SystemClock
from .counters import MemoryCounters
from .http_service import HttpService
from .ports import base_url, taken_port

DRAIN_SECONDS = 10.0
_WAITING = b'{"detail":"There is no policy yet.","error_code":"SERVICE_UNAVAILABLE","status_code":503}'
_LIMITS = Limits(client_rate=None, key_rate=None)


@dataclass(frozen=True, slots=True)
class OneKey:
    """The one application of a sidecar: its key, its policies. Answers like a directory of all of them."""

    remote: Remote
    key_text: str = field(repr=False)

    def find(self, credential: str) -> Principal | None:
        """Return the application for its key, or None."""
        known = hmac.compare_digest(credential.encode("utf-8", "surrogatepass"), self.key_text.encode())
        return self.remote.principal if known else None

    @property
    def state(self) -> object:
        """What the appliance said last."""
        return self.remote.given

    def policy(self, _: Principal, route: str = "") -> Policy:
        """Return the policy of a route."""
        return self.remote.policy(route)

    def key(self, key_id: str) -> Principal | None:
        """Return the application by the id of its key, or None."""
        who = self.remote.principal
        return who if who.key_id == key_id else None

    def application(self, tenant_id: str, wanted: str) -> Principal | None:
        """Return the application by its id or name, or None."""
        who = self.remote.principal
        mine = tenant_id == who.tenant_id and wanted in (who.application_id, who.application)
        return who if mine else None


class NoResults:
    """There is no record to ask here: the appliance has it."""

    async def ask(self, question: str, principal: Principal, options: Mapping[str, Any]) -> Any:
        """Refuse. Raises `UpstreamFault`."""
        raise UpstreamFault(
            "The record is kept at the appliance; ask there.", code="audit_unavailable", status=503
        )


def sidecar_app(remote: Remote, key: str) -> ASGIApp:
    """Return the detection API for one application.

    Args:
        remote: the appliance that says how to judge.
        key: of the application, here as there.
    """
    clock, metrics, known = SystemClock(), PrometheusMetrics(), OneKey(remote, key)
    keys = service_keys(secrets.token_bytes(32))
    inspector = Embedded(RemoteLibrary(remote))
    parts = ServiceParts(
        inspector=inspector,
        policies=known,
        callers=Callers(KeyIdentity(known), known, keys.tokens, Options()),
        bans=NoBans(),
        counters=MemoryCounters(clock),
        audit=remote,
        metrics=metrics,
        clock=clock,
        limits=_LIMITS,
        accepting=lambda: remote.has_room,
        tools=Tools(
            sessions=Sessions(keys.sessions, clock.now),
            results=NoResults(),
            rules=cache(load_packs),
            now=clock.now,
            bans=NoBans(),
            serves=lambda _: False,
            lending=Lending(lambda _: remote.given, remote, lambda: remote.has_room, inspector, NOBODY),
        ),
    )
    return HealthApp(
        _Waiting(DetectionService(parts, TABLE, "detection"), remote),
        checks={
            "rules": lambda: current().ready,
            "policy": lambda: remote.ready,
            "record": lambda: remote.has_room,
        },
        metrics=metrics.render,
        about={"service": "sidecar", "version": __version__},
    )


def run_sidecar(remote: Remote, key: str, host: str, port: int) -> None:
    """Serve until told to stop. Raises `ApplianceError` where the port cannot be had."""
    with taken_port(host, port) as listener:
        typer.echo(f"The detection API listens on {base_url(host, listener.port)}", err=True)
        uvloop.run(_serve(sidecar_app(remote, key), listener.socket))
    remote.close()


async def _serve(app: ASGIApp, listener: Any) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    service = HttpService(app)
    server = await loop.create_server(service.connect, sock=listener)
    loading = asyncio.create_task(asyncio.to_thread(current().load))
    await over.wait()
    loading.cancel()
    server.close()
    await service.drain(DRAIN_SECONDS)


class _Waiting:
    """Turns requests away until there is a policy."""

    def __init__(self, app: ASGIApp, remote: Remote) -> None:
        self._app = app
        self._remote = remote

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if self._remote.ready or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(_WAITING)),
            (b"retry-after", b"5"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": head})
        await send({"type": "http.response.body", "body": _WAITING})
