"""``GET /why/TOKEN``: a small page that tells the holder of a link why something was blocked.

It needs no key, for the link is the secret; it shows what is sealed in the link and nothing else: no
text of the exchange. HTML for people, JSON for who asks for it.
"""

import base64
import hashlib
import html
from collections.abc import Awaitable
from datetime import UTC, datetime
from inspect import markcoroutinefunction

import orjson

from ..detection.explanations import explain
from ..detection.ports import BanList, CounterStore
from ..middleware.asgi import ASGIApp, Headers, Receive, Scope, Send, peer, raw_path
from ..middleware.bans import refuse_banned_address
from ..middleware.headers import every
from ..middleware.limits import Rate, take_client
from ..middleware.rejection import Rejected
from ..middleware.sealed_links import PATH, Opened, SealedLinks

RATE = Rate(60)
"""Looks of one client address."""

_PREFIX = PATH.encode()
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}dt{opacity:.7}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Headers = [
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'".encode(),
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-robots-tag", b"noindex"),
]
_TITLES = {200: "Why this was stopped", 404: "There is no such page", 410: "This link is no longer valid"}


class ExplainPage:
    """Answers the links of `SealedLinks`; everything else goes to `app`."""

    def __init__(self, app: ASGIApp, links: SealedLinks, counters: CounterStore, bans: BanList) -> None:
        self._app = app
        self._links = links
        self._counters = counters
        self._bans = bans

    @markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection; handed on unawaited, because every request comes by."""
        if scope["type"] != "http" or not raw_path(scope).startswith(_PREFIX):
            return self._app(scope, receive, send)
        return self._serve(scope, send)

    async def _serve(self, scope: Scope, send: Send) -> None:
        wants_json = b"application/json" in b",".join(every(scope["headers"], b"accept"))
        try:
            status, told, headers = *self._look(scope), []
        except Rejected as rejected:
            status, told, headers = rejected.status, {"message": rejected.message}, list(rejected.headers)
        body = orjson.dumps(told) if wants_json else _page(status, told).encode()
        kind = b"application/json" if wants_json else b"text/html; charset=utf-8"
        headers += [*_HEADERS, (b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _look(self, scope: Scope) -> tuple[int, dict[str, str]]:
        address = peer(scope)
        take_client(self._counters, RATE, "why", address)
        refuse_banned_address(self._bans, address)
        if scope["method"] not in ("GET", "HEAD"):
            raise Rejected(
                "The route does not take this method.",
                code="method_not_allowed",
                status=405,
                reason="route",
                headers=[(b"allow", b"GET, HEAD")],
            )
        opened = self._links.open(raw_path(scope).removeprefix(_PREFIX).decode("latin-1"))
        if opened is None:
            return 404, {"message": "The link is not one of ours, or a part of it is missing."}
        if opened.expired:
            return 410, {"message": "Its time is over. Ask for help with the id of the exchange."}
        return 200, _told(opened)


def _told(opened: Opened) -> dict[str, str]:
    why = opened.why
    told = {
        "message": explain(why),
        "exchange": why.exchange,
        "application": why.application,
        "policy": why.policy,
        "category": why.category,
        "rule": why.rule,
        "valid until": datetime.fromtimestamp(opened.expires, UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return {name.replace(" ", "_"): value for name, value in told.items() if value}


def _page(status: int, told: dict[str, str]) -> str:
    title = _TITLES.get(status, "This cannot be shown")
    rows = "".join(
        f"<dt>{html.escape(name.replace('_', ' ').capitalize())}</dt><dd>{html.escape(value)}</dd>"
        for name, value in told.items()
        if name != "message"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1><p>{html.escape(told['message'])}</p><dl>{rows}</dl></body></html>"
    )
