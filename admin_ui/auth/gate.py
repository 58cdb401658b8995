"""The gate in front of every page: nothing but sign-in and static files without a session.

It decides by the raw path of the request and the session alone, before any routing.
"""

import re
from urllib.parse import quote

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ...detection.ports import CounterStore
from ...middleware.asgi import ASGIApp, Receive, Scope, Send, peer, raw_path
from ...middleware.headers import first
from ...middleware.limits import Rate, take_client
from ...middleware.rejection import Rejected
from ..store.control import Control
from . import session

LOGIN = "/login"
_STATIC = b"/static/"
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+|/")
"""Paths of ours: no empty or dotted steps, nothing encoded, so two programs read them the same way.

It leaves out ``/_api/``, where starlette-admin answers scripts of its own that we do not ship.
"""

_SAFE = frozenset({"GET", "HEAD"})
_OWN_SITES = (None, b"same-origin", b"none")


class Gate:
    """Lets signed-in people through, with `state.admin` set, and sends others to sign in."""

    def __init__(self, app: ASGIApp, control: Control, counters: CounterStore, rate: Rate | None) -> None:
        self._app = app
        self._control = control
        self._counters = counters
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = await self._judge(scope)
            await (refusal or self._app)(scope, receive, send)

    async def _judge(self, scope: Scope) -> Response | None:
        path = raw_path(scope)
        if not _PLAIN.fullmatch(path):
            return PlainTextResponse("Not found.", 404)
        if path.startswith(_STATIC):
            return None if scope["method"] in _SAFE else PlainTextResponse("Not allowed.", 405)
        try:
            take_client(self._counters, self._rate, "admin", peer(scope))
        except Rejected as rejected:
            return slow_down(rejected)
        if scope["method"] not in _SAFE and first(scope["headers"], b"sec-fetch-site") not in _OWN_SITES:
            return PlainTextResponse("Requests from other sites are refused.", 403)
        if path == LOGIN.encode():
            return None
        admin = await session.find(scope, self._control)
        if admin is None:
            return _sign_in_first(scope, path)
        scope.setdefault("state", {})["admin"] = admin
        return None


def slow_down(rejected: Rejected) -> Response:
    """Answer a caller who is over a rate."""
    headers = {name.decode(): value.decode() for name, value in rejected.headers}
    return PlainTextResponse(rejected.message, rejected.status, headers)


def _sign_in_first(scope: Scope, path: bytes) -> Response:
    if scope["method"] not in _SAFE:
        return PlainTextResponse("Sign in first.", 401)
    query: bytes = scope.get("query_string", b"")
    wanted = path + b"?" + query if query else path
    aim = "" if path == b"/" else f"?next={quote(wanted, safe='')}"
    return RedirectResponse(LOGIN + aim, 303)
