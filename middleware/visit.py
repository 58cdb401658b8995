"""One request at the door.

    door      rates, bans, identity, framing: decided before a byte of the body is read
    body      read whole, within bounds, and judged by the core
    exchange  forwarded to the app; its answer judged; one audit entry

A request that ends before it is an exchange is answered natively and counted, not recorded.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..detection.errors import BadInput, UpstreamFault
from ..detection.inspection import Decision, Inspection, Inspector
from ..detection.policy import Policy
from ..detection.ports import AuditSink, BanList, Clock, CounterStore, Links, Metrics, PolicySource
from ..library.panel import Panel, settled
from .asgi import ARRIVED, GONE, ASGIApp, Headers, Message, Receive, Scope, Send, peer, shared
from .bans import refuse_banned_address, refuse_banned_principal
from .body import check_framing, discard, has_body, read_body
from .client import Client
from .desk import Desk, body_of, refusal_headers
from .exchange import Exchange, decline
from .faults import describe, native_error, retry_after
from .form import read_form, takes_form
from .handover import KEY, Handover
from .headers import Fields, for_app, for_exempt_app, keep_ours_out, lowered
from .identity import Caller, Identity
from .journal import Circumstances, Journal, Times
from .labels import Labels
from .limits import Limits, take_client, take_key
from .origin import Origin, Source
from .outlet import Outlet
from .over import ClientGone, ClientLeft
from .rejection import Rejected
from .request_id import new_id
from .routes import Route
from .spooled import Body, Spooled

LINGER_BYTES = 32 * 1024 * 1024
LINGER_SECONDS = 2.0
"""How much of a refused body is still read so that the client gets to read the refusal."""

_CHECKED = "framing"
_MAY_LACK_A_BODY = ("DELETE", "GET", "HEAD")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What all visits share: see `Guard`."""

    app: ASGIApp
    origin: Origin | None
    """Who is asked for answers; unless given the `source` gives them."""
    source: Source
    inspector: Inspector
    policies: PolicySource
    identity: Identity
    bans: BanList | None
    """Who is refused service; None where nobody is."""
    counters: CounterStore
    audit: AuditSink
    metrics: Metrics
    clock: Clock
    limits: Limits
    expose_headers: bool
    expose_request_id: bool
    face: str
    links: Links | None
    panel: Panel
    races: bool


class Visit:
    """Serves one request."""

    __slots__ = (
        "_extensions", "_fields", "_id", "_known", "_labels", "_outlet", "_parts", "_read", "_receive",
        "_scope", "_started", "_times",
    )  # fmt: skip

    def __init__(self, parts: Parts, scope: Scope, receive: Receive, send: Send) -> None:
        self._parts = parts
        self._scope = scope
        self._receive = receive
        self._started = parts.clock.now()
        self._id = new_id(self._started)
        self._times = Times(parts.clock)
        self._extensions = scope.get("extensions", {})
        self._outlet = Outlet(send, holds_head=GONE in self._extensions)
        self._labels = Labels(self._id, request_id=parts.expose_request_id, full=parts.expose_headers)
        self._known = shared(scope)
        self._fields = Fields(scope["headers"])
        self._read = False
        """Whether the client has nothing more to send."""

    async def serve(self, route: Route) -> Exception | None:
        """Answer a request of a known route. Returns what the app raised that was answered here."""
        try:
            caller = self._admit()
            told = Handover(self._id, caller.principal, route, caller.provider_key)
            if route.dialect is None:
                await self._exempt(told, caller)
            else:
                await self._guard(route.dialect, told, caller)
        except ClientLeft:
            return None
        except ClientGone:
            self._parts.metrics.rejected(self._parts.face, "client_gone")
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong ends in a native error
            await self.reject(fault, route.dialect)
        else:
            return told.raised
        return None

    async def reject(self, fault: Exception, dialect: str | None = None) -> None:
        """Answer a request with its fault. Raises `RuntimeError` when an answer was under way."""
        self._parts.metrics.rejected(self._parts.face, self._reason(fault))
        if self._outlet.started:
            raise RuntimeError(f"request {self._id} was cut off") from None
        refusal = native_error(self._parts.inspector, dialect, fault)
        headers = refusal_headers(refusal) + self._labels.bare()
        headers.append((b"content-length", b"%d" % len(refusal.body)))
        if isinstance(fault, Rejected):
            headers += fault.headers
        headers += retry_after(fault)
        with suppress(ClientGone):
            await self._send_rejection(refusal.status, headers, refusal.body)

    async def _send_rejection(self, status: int, headers: Headers, body: bytes) -> None:
        # what is left of a body that came with its head need not be waited for
        if self._read or ARRIVED in self._extensions or not has_body(self._fields):
            await self._outlet.head(status, headers)
            await self._outlet.end(body)
            return
        if self._scope.get("http_version", "1.1") in ("1.0", "1.1"):
            headers.append((b"connection", b"close"))
        await self._outlet.head(status, headers)
        await self._outlet.piece(body)
        await discard(self._receive, LINGER_BYTES, LINGER_SECONDS)
        await self._outlet.end()

    def _reason(self, fault: Exception) -> str:
        if isinstance(fault, Rejected):
            return fault.reason
        if isinstance(fault, BadInput):
            return "request"
        if isinstance(fault, UpstreamFault):
            return "upstream"
        _log.error("request %s failed: %s", self._id, describe(fault))
        return "error"

    def _admit(self) -> Caller:
        """Know the caller, or raise `Rejected`. Nothing here looks at anything but the head."""
        parts, limits = self._parts, self._parts.limits
        address = peer(self._scope)
        take_client(parts.counters, limits.client_rate, parts.face, address)
        refuse_banned_address(parts.bans, address)
        caller = parts.identity.identify(self._scope)
        refuse_banned_principal(parts.bans, caller.principal)
        take_key(parts.counters, limits.key_rate, parts.face, caller.principal.key_id)
        return caller

    async def _exempt(self, told: Handover, caller: Caller) -> None:
        async def relay(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = keep_ours_out(lowered(message.get("headers", ())))
                await self._outlet.head(message["status"], headers + self._labels.bare())
            elif message.get("more_body", False):
                await self._outlet.piece(message["body"])
            else:
                await self._outlet.end(message.get("body", b""))

        headers = for_exempt_app(self._scope["headers"], caller.credential)
        # an extension could carry an answer past us (a file sent by path, a push)
        inner = {**self._scope, "headers": headers, "extensions": {}, KEY: told}
        await self._parts.app(inner, self._receive, relay)

    def _check_framing(self, route: Route) -> None:
        if route.method not in _MAY_LACK_A_BODY or has_body(self._fields):
            limits = self._parts.limits.of_uploads() if takes_form(route) else self._parts.limits
            check_framing(self._fields, limits, route.accepts)

    async def _guard(self, dialect: str, told: Handover, caller: Caller) -> None:
        parts, times = self._parts, self._times
        if _CHECKED not in self._known:
            self._check_framing(told.route)
            self._known[_CHECKED] = True
        times.guard += times.lap()
        if takes_form(told.route) and told.route.method not in _MAY_LACK_A_BODY:
            await self._guard_form(dialect, told, caller)
            return
        body = await read_body(self._receive, parts.limits)
        self._read = True
        if body is None:
            raise ClientGone
        times.lap()
        policy = parts.policies.policy(caller.principal, told.route.path)
        inspection = parts.inspector.open(dialect, policy, caller.principal, self._id, parts.links)
        route = told.route
        addressed = route.asked_with(self._scope) if route.framings else route.addressed
        decision = inspection.request(body, addressed)
        if decision.ask is not None and (decision.ahead is None or not parts.races):
            decision = await self._settled(told, inspection, decision)
        times.guard += times.lap()
        passed = decision.ahead or (body if decision.refusal is not None else body_of(decision))
        await self._go_on(told, caller, inspection, policy, decision, passed, edited=passed != body)

    async def _settled(self, told: Handover, inspection: Inspection, decision: Decision) -> Decision:
        """Ask the models that the core wants to hear first.

        Raises `ClientLeft` when the client goes away meanwhile; that is recorded.
        """
        client = Client(self._receive, self._outlet, self._scope)
        client.begin()
        try:
            return await settled(inspection, decision, self._parts.panel)
        except asyncio.CancelledError:
            mine = client.cancelled()
            told.model = inspection.model
            self._times.guard += self._times.lap()
            self._journal(told, inspection).close("client_gone")
            if not mine:
                raise
            raise ClientLeft from None
        finally:
            client.end()

    async def _guard_form(self, dialect: str, told: Handover, caller: Caller) -> None:
        """Guard a request that is a form."""
        parts = self._parts
        policy = parts.policies.policy(caller.principal, told.route.path)
        inspection = parts.inspector.open(dialect, policy, caller.principal, self._id, parts.links)
        spool = Spooled()
        try:
            decision = await read_form(
                self._receive, self._scope, parts.limits, inspection, told.route, spool
            )
            self._read = True
            if decision is None:
                raise ClientGone
            if decision.ask is not None:
                decision = await self._settled(told, inspection, decision)
            self._times.guard += self._times.lap()
            await self._go_on(told, caller, inspection, policy, decision, spool.body(), edited=True)
        finally:
            spool.close()

    def _go_on(
        self,
        told: Handover,
        caller: Caller,
        inspection: Inspection,
        policy: Policy,
        decision: Decision,
        passed: Body,
        *,
        edited: bool,
    ) -> Coroutine[Any, Any, None]:
        """Return what refuses a request that was judged, or gets it its answer."""
        parts = self._parts
        told.model = inspection.model
        told.verdict = decision.verdict
        if policy.private:
            told.private = policy.keeps_private(decision.verdict)
        journal = self._journal(told, inspection)
        desk = Desk(
            inspection, policy, parts.limits, journal, self._times, self._labels, self._outlet, parts.panel
        )
        if decision.refusal is not None:
            return decline(desk, decision.refusal)
        told.kept = {} if edited else self._known
        headers = for_app(self._scope["headers"], caller.credential, passed, edited=edited, known=self._known)
        client = Client(self._receive, self._outlet, self._scope)
        exchange = Exchange(parts.inspector, told, desk, client)
        if parts.origin is None:
            return exchange.run(partial(parts.source.pour, self._scope, headers, passed, told, exchange))
        race = decision if decision.ask is not None else None
        return exchange.run(partial(exchange.asked, parts.origin, self._scope, headers, passed, race))

    def _journal(self, told: Handover, inspection: Inspection) -> Journal:
        parts = self._parts
        circumstances = Circumstances(parts.face, self._scope["method"], peer(self._scope), self._started)
        return Journal(parts.audit, parts.metrics, circumstances, told, inspection, self._times)
