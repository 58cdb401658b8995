"""Judges WebSocket messages for the proxy, which keeps the connection: each message by itself.

Nobody knows the dialect of a socket, so a message is judged as texts: the strings of its JSON, or all of
it. What is masked on the way to the host is not put back in what comes from there.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

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

if TYPE_CHECKING:
    from .app import InterceptedParts

FROM_CLIENT, FROM_HOST = b"/messages/client", b"/messages/host"
"""Where the proxy asks."""
SOCKETS = frozenset(("ws", "wss"))
"""Schemes of tickets that are for messages."""
UNCHANGED, EDITED, BLOCKED = 204, 200, 403
"""What the proxy is told; with `EDITED` the message that takes the place of the one it had."""

_DEEPEST = 64
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
        except (BadInput, RecursionError):
            status, out = BLOCKED, b""
        headers: Headers = [(b"content-length", b"%d" % len(out))] if status != UNCHANGED else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": out})

    async def _judged(self, scope: Scope, body: bytes) -> tuple[int, bytes]:
        parts, principal = self._parts, self._parts.principal()
        from_client = scope["raw_path"] == FROM_CLIENT
        tree = _tree(body)
        texts = [Text(text, Role.USER if from_client else Role.ASSISTANT) for text in _strings(tree)]
        inspection = parts.inspector.texts(parts.policies.policy(principal, _PATH), principal)
        times = Times(parts.clock)
        judged = inspection.prompt(texts) if from_client else inspection.answer(texts)
        judged = await settled_texts(inspection, judged, parts.panel)
        times.guard = times.lap()
        action = judged.verdict.action
        if action is Action.PASS:
            return UNCHANGED, b""
        blocked = action is Action.BLOCK
        told = _told(scope, principal, new_id(parts.clock.now()))
        known = Circumstances("transparent", "WEBSOCKET", peer(scope), parts.clock.now())
        journal = Journal(parts.audit, parts.metrics, known, told, inspection, times)
        journal.status = BLOCKED if blocked else EDITED
        journal.close("refused" if blocked else "complete")
        if blocked:
            return BLOCKED, b""
        edited = _filled(tree, iter(judged.texts))
        return EDITED, edited.encode() if isinstance(edited, str) else orjson.dumps(edited)


def _told(scope: Scope, principal: Principal, number: str) -> Handover:
    told = Handover(number, principal, Route("WEBSOCKET", _PATH, None))
    told.upstream = ticket_of(scope).host
    return told


def _tree(body: bytes) -> Any:
    """Return the JSON of a message, or its text where it is none. Raises `BadInput`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadInput("The message is not UTF-8.", code="invalid_encoding") from None
    if text[:1] not in ("{", "["):
        return text
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return text


def _strings(tree: Any, depth: int = 0) -> Iterator[str]:
    """Yield every string, keys too, in the order in which `_filled` puts them back."""
    if depth > _DEEPEST:
        raise BadInput("The message is nested too deep.", code="too_deep")
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from _strings(value, depth + 1)
    elif isinstance(tree, list):
        for value in tree:
            yield from _strings(value, depth + 1)


def _filled(tree: Any, texts: Iterator[str]) -> Any:
    if isinstance(tree, str):
        return next(texts)
    if isinstance(tree, dict):
        return {next(texts): _filled(value, texts) for value in tree.values()}
    if isinstance(tree, list):
        return [_filled(value, texts) for value in tree]
    return tree
