"""The service that the transparent proxy hands requests over to.

It listens on a loopback port of its own: the proxy connects by address and port only, so a Unix socket
is no choice, and the gateway's own port is open to clients, who must not come near a ticket's effect.
Whoever comes without a ticket learns nothing and reaches nobody.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...detection.inspection import Inspector
from ...detection.ports import AuditSink, BanList, Clock, CounterStore, Links, Metrics, PolicySource
from ...detection.types import Action, Principal
from ...library.panel import NOBODY, Panel
from ...middleware.asgi import ASGIApp, Receive, Scope, Send
from ...middleware.body import has_body
from ...middleware.guard import Guard
from ...middleware.handover import handover
from ...middleware.headers import Fields, every
from ...middleware.identity import Caller
from ...middleware.limits import Limits
from ...middleware.rejection import Rejected
from ..relay import relay
from .destinations import Destinations
from .host_rules import HostRules
from .messages import SOCKETS, Messages
from .once import Handed
from .origin import HostOrigin
from .routes import TICKET, HostRoutes, is_listed, ticket_of
from .ticket import ALIVE, HEADER, BadTicket, read_ticket

FACE = "transparent"
"""This door in records, counters and metrics."""

_FIELD = HEADER.encode()
_STRANGER = b"This service takes requests from the transparent proxy only.\n"
_UNJUDGED = "a request that no table lists"
_ASKS_ONLY = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptedParts:
    """What the service is made of. `principal` gives the application that everything is recorded for."""

    inspector: Inspector
    policies: PolicySource
    bans: BanList
    counters: CounterStore
    audit: AuditSink
    metrics: Metrics
    clock: Clock
    rules: HostRules
    destinations: Destinations
    handed: Handed
    principal: Callable[[], Principal]
    limits: Limits = field(default_factory=Limits)
    links: Links | None = None
    panel: Panel = NOBODY


def intercepted_app(parts: InterceptedParts) -> ASGIApp:
    """Return the service: tickets in front, the guard, the host that the client asked for behind it."""
    origin = HostOrigin(parts.rules, parts.destinations)
    guard = Guard(
        _Unjudged(origin, parts),
        inspector=parts.inspector,
        policies=parts.policies,
        keys=_NoKeys(),
        bans=parts.bans,
        counters=parts.counters,
        audit=parts.audit,
        metrics=parts.metrics,
        clock=parts.clock,
        routes=HostRoutes(parts.rules),
        limits=parts.limits,
        identity=TicketIdentity(parts.principal),
        expose_request_id=True,
        face=FACE,
        origin=origin,
        links=parts.links,
        panel=parts.panel,
    )
    return _Tickets(guard, parts)


class TicketIdentity:
    """Takes everybody for the application of the interception; a proxy's user stands as its key.

    The client's own credential is its own business with the host. Implements `identity.Identity`.
    """

    def __init__(self, principal: Callable[[], Principal]) -> None:
        self._principal = principal

    def identify(self, scope: Scope) -> Caller:
        """Return the application."""
        user = ticket_of(scope).user
        principal = self._principal()
        return Caller(replace(principal, key_id=f"proxy:{user}"[:36]) if user else principal)


class _Tickets:
    """Lets in who holds a ticket, and says where the request came from."""

    def __init__(self, app: ASGIApp, parts: InterceptedParts) -> None:
        self._app = app
        self._messages = Messages(parts)
        self._handed = parts.handed
        self._metrics = parts.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise LookupError("only requests are handed over")
        values = every(scope["headers"], _FIELD)
        try:
            ticket = read_ticket(self._handed.key, b"".join(values), time.time())
            if len(values) != 1 or not self._handed.once.take(ticket.number):
                raise BadTicket("used")
        except BadTicket:
            self._metrics.rejected(FACE, "ticket")
            await _refuse(send)
            return
        if ticket.scheme == ALIVE:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        kept = [item for item in scope["headers"] if item[0] != _FIELD]
        told = {"headers": kept, "client": (ticket.client, 0), "scheme": ticket.scheme, TICKET: ticket}
        inner = {**scope, **told}
        serve = self._messages if ticket.scheme in SOCKETS else self._app
        await serve(inner, receive, send)


class _Unjudged:
    """Requests to inspected hosts that hold nothing to judge, or that nobody can judge.

    Those that bring a body no table lists, or one that asks for nothing but an answer, are for the policy
    to decide, like any unjudged part.
    """

    def __init__(self, origin: HostOrigin, parts: InterceptedParts) -> None:
        self._origin = origin
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = handover(scope)
        asks = scope["method"] in _ASKS_ONLY
        if has_body(Fields(scope["headers"])) if asks else not is_listed(told.route):
            policy = self._parts.policies.policy(told.principal, told.route.path)
            if policy.unscanned(_UNJUDGED) is Action.BLOCK:
                raise Rejected(
                    "Nobody can judge this request, and the policy lets nothing unjudged pass.",
                    code="unjudged_request",
                    status=403,
                    reason="unjudged",
                )
        await relay(self._origin, self._parts.limits, scope, receive, send, told)


class _NoKeys:
    """Nobody is known by a key here. Implements `detection.ports.KeyDirectory`."""

    @property
    def state(self) -> object:
        return None

    def find(self, credential: str) -> Principal | None:
        return None


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(_STRANGER)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": _STRANGER})
