"""The handshake of a WebSocket: who is let in, and what others are told."""

from dataclasses import replace
from urllib.parse import parse_qs

from ..detection.errors import BadInput
from .asgi import DENIAL, Headers, Scope, Send, peer
from .bans import refuse_banned_address, refuse_banned_principal
from .desk import refusal_headers
from .faults import native_error, retry_after
from .identity import Caller
from .limits import take_client, take_key
from .live_ends import VIOLATION
from .parts import Parts
from .rejection import Rejected, reason_of
from .routes import Route


def named(route: Route, scope: Scope) -> Route:
    """Return a route with the model that the query names, where one does. Raises `BadInput` for two."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    names = [*query.get("model", ()), *query.get("deployment", ())]
    if len(names) > 1:
        raise BadInput("The query names two models.", code="invalid_query", param="model")
    return replace(route, addressed=route.addressed._replace(model=names[0])) if names else route


def known(parts: Parts, scope: Scope) -> Caller:
    """Return who calls. Raises `Rejected` for an address or a caller that is not let in."""
    address = peer(scope)
    take_client(parts.counters, parts.limits.client_rate, parts.face, address)
    refuse_banned_address(parts.bans, address)
    caller = parts.identity.identify(scope)
    refuse_banned_principal(parts.bans, caller.principal)
    return caller


def admitted(parts: Parts, scope: Scope) -> Caller:
    """Return who calls, where the handshake is a call of its own. Raises `Rejected`."""
    caller = known(parts, scope)
    take_key(parts.counters, parts.limits.key_rate, parts.face, caller.principal.key_id)
    return caller


async def refuse(fault: Exception, parts: Parts, dialect: str | None, scope: Scope, send: Send) -> None:
    """Count a handshake that comes to nothing, and tell the client why in its own format."""
    parts.metrics.rejected(parts.face, reason_of(fault, "a handshake"))
    refusal = native_error(parts.inspector, dialect, fault)
    headers = refusal_headers(refusal) + retry_after(fault)
    if isinstance(fault, Rejected):
        headers += fault.headers
    await decline(refusal.status, headers, refusal.body, scope, send)


async def decline(status: int, headers: Headers, body: bytes, scope: Scope, send: Send) -> None:
    """Answer a handshake as HTTP does, where the server lets us."""
    if DENIAL not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": VIOLATION})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
