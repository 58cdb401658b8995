"""The WebSockets of the gateway: who may have one, and who serves it."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

from ...detection.dialects import DIALECTS
from ...detection.dialects.live import LiveDialect
from ...detection.errors import BadInput, UpstreamFault
from ...middleware.asgi import DENIAL, Headers, Receive, Scope, Send, peer
from ...middleware.bans import refuse_banned_address, refuse_banned_principal
from ...middleware.desk import refusal_headers
from ...middleware.faults import describe, native_error, retry_after
from ...middleware.headers import every
from ...middleware.identity import AUTHORIZATION, CREDENTIALS, Caller
from ...middleware.limits import take_client, take_key
from ...middleware.providers.row import SOCKET
from ...middleware.rejection import Rejected
from ...middleware.routes import Route
from ...middleware.visit import Parts
from ..router import Router
from ..upstream.base import Upstream
from .conversation import Conversation
from .reach import Reach
from .upstream_socket import Declined

SPOKEN = "realtime"
"""The protocol that clients of OpenAI offer to speak inside."""

_KEY_PROTOCOL = "openai-insecure-api-key."
"""Begins the name of a protocol in which a web page brings its key: it may set no header fields."""
_log = logging.getLogger(__name__)


class Sockets:
    """Serves WebSockets.

    Args:
        parts: of the guard of the gateway.
        router: finds routes and upstreams.
        upstreams: a client for each upstream, by name.
    """

    def __init__(self, parts: Parts, router: Router, upstreams: Mapping[str, Upstream]) -> None:
        self._parts = parts
        self._router = router
        self._reach = Reach(router, upstreams, parts.limits.socket_dial_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or answer its handshake with what is wrong."""
        dialect: str | None = None
        scope = {**scope, "headers": with_key(scope)}
        await receive()
        try:
            route = _named(self._router.find({**scope, "method": SOCKET}), scope)
            dialect = route.dialect
            spoken = DIALECTS.get(dialect or "")
            if not isinstance(spoken, LiveDialect):
                raise LookupError("a WebSocket has a route that nobody serves")
            caller = self._admit(scope)
            conversation = Conversation(self._parts, self._reach, spoken, route, caller, scope, receive, send)
            await conversation.begin(_subprotocol(scope))
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong is told in the client's format
            await self._refuse(fault, dialect, scope, send)
            return
        await conversation.run()

    def _admit(self, scope: Scope) -> Caller:
        """Know the caller, or raise `Rejected`."""
        parts = self._parts
        address = peer(scope)
        take_client(parts.counters, parts.limits.client_rate, parts.face, address)
        refuse_banned_address(parts.bans, address)
        caller = parts.identity.identify(scope)
        refuse_banned_principal(parts.bans, caller.principal)
        take_key(parts.counters, parts.limits.key_rate, parts.face, caller.principal.key_id)
        return caller

    async def _refuse(self, fault: Exception, dialect: str | None, scope: Scope, send: Send) -> None:
        self._parts.metrics.rejected(self._parts.face, _reason(fault))
        if DENIAL not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        if isinstance(fault, Declined):
            status, headers, body = fault.status, fault.headers, fault.body
        else:
            refusal = native_error(self._parts.inspector, dialect, fault)
            status, body = refusal.status, refusal.body
            headers = refusal_headers(refusal) + retry_after(fault)
            if isinstance(fault, Rejected):
                headers += fault.headers
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})


def with_key(scope: Scope) -> Headers:
    """Return the fields of a handshake; a key among the protocols that are offered is put in its field."""
    headers: Headers = scope.get("headers", [])
    keys = [name for name in scope.get("subprotocols", ()) if name.startswith(_KEY_PROTOCOL)]
    if not keys or any(every(headers, name) for name in CREDENTIALS):
        return headers
    return [*headers, (AUTHORIZATION, b"Bearer " + keys[0].removeprefix(_KEY_PROTOCOL).encode("latin-1"))]


def _named(route: Route, scope: Scope) -> Route:
    """Return the route with the model that the query names, where one does."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    names = [*query.get("model", ()), *query.get("deployment", ())]
    if len(names) > 1:
        raise BadInput("The query names two models.", code="invalid_query", param="model")
    return replace(route, addressed=route.addressed._replace(model=names[0])) if names else route


def _subprotocol(scope: Scope) -> str | None:
    return SPOKEN if SPOKEN in scope.get("subprotocols", ()) else None


def _reason(fault: Exception) -> str:
    if isinstance(fault, Rejected):
        return fault.reason
    if isinstance(fault, BadInput):
        return "request"
    if isinstance(fault, (UpstreamFault, Declined)):
        return "upstream"
    _log.error("a handshake failed: %s", describe(fault))
    return "error"
