"""One request at the door.

    door      rates, bans, identity, framing: decided before a byte of the body is read
    body      read whole, within bounds, and judged by the core
    exchange  forwarded to the app; its answer judged; one audit entry

A request that ends before it is an exchange is answered natively and counted, not recorded.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from ..detection.inspection import Decision, Inspection
from ..detection.policy import Policy
from ..library.panel import settled
from .asgi import ARRIVED, GONE, SAME_HEAD, Headers, Message, Receive, Scope, Send, peer
from .bans import refuse_banned_address, refuse_banned_principal
from .body import begin_body, check_framing, discard, has_body, is_usual, rest_of_body
from .client import Client
from .desk import body_of, refusal_headers
from .exchange import Exchange, decline
from .faults import native_error, retry_after
from .form import read_form, takes_form
from .handover import KEY, Handover
from .headers import Fields, for_app, for_exempt_app, keep_ours_out, lowered
from .identity import Caller
from .journal import Journal, Times
from .labels import UNTOLD, Labels
from .limits import take_client, take_key
from .outlet import Outlet
from .over import ClientGone, ClientLeft
from .parts import Parts
from .rejection import Rejected, reason_of
from .request_id import new_id
from .routes import Route
from .spooled import Body, Spooled
from .started import Rest

__all__ = ("LINGER_BYTES", "LINGER_SECONDS", "Parts", "Visit")

LINGER_BYTES = 32 * 1024 * 1024
LINGER_SECONDS = 2.0
"""How much of a refused body is still read so that the client gets to read the refusal."""

_CHECKED = "framing"
_NONE: Mapping[str, Any] = MappingProxyType({})
_MAY_LACK_A_BODY = ("DELETE", "GET", "HEAD")


class Visit(Times):
    """Serves one request: knows where its time goes, and as a `journal.Known` how it began."""

    __slots__ = (
        "_arrived", "_extensions", "_id", "_known", "_labels", "_outlet", "_parts", "_receive", "_scope",
        "client", "face", "method", "started",
    )  # fmt: skip

    def __init__(self, parts: Parts, scope: Scope, receive: Receive, send: Send) -> None:
        clock = parts.clock
        super().__init__(clock)
        self.face = parts.face
        self.method: str = scope["method"]
        self.client = peer(scope)
        self.started = clock.now()
        self._parts = parts
        self._scope = scope
        self._receive = receive
        self._id = number = new_id(self.started)
        self._extensions = known = scope.get("extensions", _NONE)
        self._outlet = Outlet(send, holds_head=GONE in known)
        self._labels = UNTOLD
        if parts.expose_request_id:
            self._labels = Labels(number, parts.expose_request_id, parts.expose_headers)
        self._known: dict[str, Any] = known.get(SAME_HEAD) or {}
        """What was derived from this head before."""
        self._arrived = False
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
        self._parts.metrics.rejected(self._parts.face, reason_of(fault, f"request {self._id}"))
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
        if self._arrived or ARRIVED in self._extensions or not has_body(Fields(self._scope["headers"])):
            await self._outlet.head(status, headers)
            await self._outlet.end(body)
            return
        if self._scope.get("http_version", "1.1") in ("1.0", "1.1"):
            headers.append((b"connection", b"close"))
        await self._outlet.head(status, headers)
        await self._outlet.piece(body)
        await discard(self._receive, LINGER_BYTES, LINGER_SECONDS)
        await self._outlet.end()

    def _admit(self) -> Caller:
        """Know the caller, or raise `Rejected`. Nothing here looks at anything but the head."""
        parts = self._parts
        limits, bans = parts.limits, parts.bans
        if limits.client_rate is not None:
            take_client(parts.counters, limits.client_rate, parts.face, self.client)
        if bans is not None:
            refuse_banned_address(bans, self.client)
        caller = parts.identity.identify(self._scope)
        if bans is not None:
            refuse_banned_principal(bans, caller.principal)
        if limits.key_rate is not None:
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
        headers, limits = self._scope["headers"], self._parts.limits
        if is_usual(headers, limits, route.accepts):
            return
        fields = Fields(headers)
        if route.method not in _MAY_LACK_A_BODY or has_body(fields):
            check_framing(fields, limits.of_uploads() if takes_form(route) else limits, route.accepts)

    async def _guard(self, dialect: str, told: Handover, caller: Caller) -> None:
        parts, route, known = self._parts, told.route, self._known
        if _CHECKED not in known:
            self._check_framing(route)
            known[_CHECKED] = True
        self.guard += self.lap()
        if takes_form(route) and route.method not in _MAY_LACK_A_BODY:
            await self._guard_form(dialect, told, caller)
            return
        body = begin_body(self._receive, parts.limits)
        if isinstance(body, Rest):
            body = await rest_of_body(body, parts.limits)
        self.lap()
        self._arrived = True
        if body is None:
            raise ClientGone
        policy = parts.policies.policy(caller.principal, route.path)
        inspection = parts.inspector.open(dialect, policy, caller.principal, self._id, parts.links)
        addressed = route.asked_with(self._scope) if route.framings else route.addressed
        decision = inspection.request(body, addressed)
        if decision.ask is not None and (decision.ahead is None or not parts.races):
            decision = await self._settled(told, inspection, decision)
        self.guard += self.lap()
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
            self.guard += self.lap()
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
            self._arrived = True
            if decision is None:
                raise ClientGone
            if decision.ask is not None:
                decision = await self._settled(told, inspection, decision)
            self.guard += self.lap()
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
        scope = self._scope
        told.model = inspection.model
        told.verdict = decision.verdict
        if policy.private:
            told.private = policy.keeps_private(decision.verdict)
        exchange = Exchange(
            self._parts, scope, self._receive, told, inspection, policy, self._journal(told, inspection),
            self, self._labels, self._outlet,
        )  # fmt: skip
        if decision.refusal is not None:
            return decline(exchange, decision.refusal)
        if not edited:
            told.kept = self._known
        headers = for_app(scope["headers"], caller.credential, passed, edited=edited, known=self._known)
        return exchange.run(headers, passed, decision if decision.ask is not None else None)

    def _journal(self, told: Handover, inspection: Inspection) -> Journal:
        parts = self._parts
        return Journal(parts.audit, parts.metrics, self, told, inspection, self)
