"""The WebSockets of the gateway: who may have one, and who serves it."""

from collections.abc import Mapping

from ...detection.dialects import DIALECTS
from ...detection.dialects.live import LiveDialect
from ...middleware.asgi import Headers, Receive, Scope, Send
from ...middleware.handshake import admitted, decline, named, refuse
from ...middleware.headers import every
from ...middleware.identity import AUTHORIZATION, CREDENTIALS
from ...middleware.live_conversation import Conversation
from ...middleware.providers.row import SOCKET
from ...middleware.visit import Parts
from ..router import Router
from ..upstream.base import Upstream
from .call import Call
from .reach import Reach
from .upstream_socket import Declined

SPOKEN = "realtime"
"""The protocol that clients of OpenAI offer to speak inside."""

_KEY_PROTOCOL = "openai-insecure-api-key."
"""Begins the name of a protocol in which a web page brings its key: it may set no header fields."""
_NAMED_INSIDE = "gemini_live"
"""The dialect whose first message names the model."""


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
        parts, dialect = self._parts, ""
        scope = {**scope, "headers": with_key(scope)}
        await receive()
        try:
            route = named(self._router.find({**scope, "method": SOCKET}), scope)
            dialect = route.dialect or ""
            spoken = DIALECTS.get(dialect)
            if not isinstance(spoken, LiveDialect):
                raise LookupError("a WebSocket has a route that nobody serves")
            caller = admitted(parts, scope)
            conversation = Conversation(parts, spoken, route, caller, scope, receive, send)
            call = Call(self._reach, scope, caller.credential)
            connect = call.after if dialect == _NAMED_INSIDE else None
            if connect is None:
                conversation.reached(await call.before(conversation.told, conversation.talk))
            await send({"type": "websocket.accept", "subprotocol": _subprotocol(scope)})
        except Declined as declined:
            parts.metrics.rejected(parts.face, "upstream")
            await decline(declined.status, declined.headers, declined.body, scope, send)
            return
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong is told in the client's format
            await refuse(fault, parts, dialect, scope, send)
            return
        await conversation.run(connect)


def with_key(scope: Scope) -> Headers:
    """Return the fields of a handshake; a key among the protocols that are offered is put in its field."""
    headers: Headers = scope.get("headers", [])
    keys = [name for name in scope.get("subprotocols", ()) if name.startswith(_KEY_PROTOCOL)]
    if not keys or any(every(headers, name) for name in CREDENTIALS):
        return headers
    return [*headers, (AUTHORIZATION, b"Bearer " + keys[0].removeprefix(_KEY_PROTOCOL).encode("latin-1"))]


def _subprotocol(scope: Scope) -> str | None:
    return SPOKEN if SPOKEN in scope.get("subprotocols", ()) else None
