"""Judges WebSocket messages for the proxy, which keeps the connection: each message by itself.

Nobody knows the dialect of a socket, so a message is judged as texts, see `socket_texts`. What is masked on
the way to the host is not put back in what comes from there.
"""

from typing import TYPE_CHECKING

from ...detection.errors import BadInput
from ...detection.texts import Text
from ...detection.types import Action, Principal, Role
from ...library.panel import settled_texts
from ...middleware.asgi import Headers, Receive, Scope, Send, peer
from ...middleware.body import read_body
from ...middleware.handover import Handover
from ...middleware.journal import Circumstances, Journal, Times
from ...middleware.request_id import new_id
from ...middleware.routes import Route
from .routes import ticket_of
from .socket_texts import SocketTexts

if TYPE_CHECKING:
    from .app import InterceptedParts

FROM_CLIENT, FROM_HOST = b"/messages/client", b"/messages/host"
"""Where the proxy asks."""
SOCKETS = frozenset(("ws", "wss"))
"""Schemes of tickets that are for messages."""
UNCHANGED, EDITED, BLOCKED = 204, 200, 403
"""What the proxy is told; with `EDITED` the message that takes the place of the one it had."""

_PATH = "(messages)"


class Messages:
    """Serves the proxy's questions."""

    def __init__(self, parts: "InterceptedParts") -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        body = await read_body(receive, self._parts.limits)
        if body is None:
            return
        try:
            status, out = await self._judged(scope, body)
        except BadInput:
            status, out = BLOCKED, b""
        headers: Headers = [(b"content-length", b"%d" % len(out))] if status != UNCHANGED else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": out})

    async def _judged(self, scope: Scope, body: bytes) -> tuple[int, bytes]:
        parts, principal = self._parts, self._parts.principal()
        from_client = scope["raw_path"] == FROM_CLIENT
        message = SocketTexts(body)
        role = Role.USER if from_client else Role.ASSISTANT
        texts = [Text(text, role) for text in message.texts]
        inspection = parts.inspector.texts(parts.policies.policy(principal, _PATH), principal)
        times = Times(parts.clock)
        judged = inspection.prompt(texts) if from_client else inspection.answer(texts)
        judged = await settled_texts(inspection, judged, parts.panel)
        times.guard = times.lap()
        if judged.verdict.action is Action.PASS:
            return UNCHANGED, b""
        out = None if judged.verdict.action is Action.BLOCK else message.filled(judged.texts)
        blocked = out is None
        told = _told(scope, principal, new_id(parts.clock.now()))
        known = Circumstances("transparent", "WEBSOCKET", peer(scope), parts.clock.now())
        journal = Journal(parts.audit, parts.metrics, known, told, inspection, times)
        journal.status = BLOCKED if blocked else EDITED
        journal.close("refused" if blocked else "complete")
        return (BLOCKED, b"") if out is None else (EDITED, out)


def _told(scope: Scope, principal: Principal, number: str) -> Handover:
    told = Handover(number, principal, Route("WEBSOCKET", _PATH, None))
    told.upstream = ticket_of(scope).host
    return told
