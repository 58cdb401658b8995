"""Headers that keep a page to itself, and cookies no script and no other site can use."""

from ...middleware.asgi import ASGIApp, Headers, Message, Receive, Scope, Send, raw_path
from ...middleware.headers import lowered

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script or style, nothing from another host, nobody may frame us."""

_ALWAYS: Headers = [
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_OURS = frozenset(name for name, _ in _ALWAYS) | {b"cache-control", b"server"}
_FLAGS = ("httponly", "samesite", "secure")


class SecurityHeaders:
    """Adds the headers to every answer and hardens every cookie in it.

    `secure` says that browsers reach us over TLS: cookies then never travel without it.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        static = raw_path(scope).startswith(b"/static/")

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._harden(lowered(message.get("headers", [])), static)
            await send(message)

        await self._app(scope, receive, hardened)

    def _harden(self, headers: Headers, static: bool) -> Headers:
        kept = [
            (name, self._cookie(value) if name == b"set-cookie" else value)
            for name, value in headers
            if name not in _OURS
        ]
        cache = b"public, max-age=3600" if static else b"no-store"
        return [*kept, *_ALWAYS, (b"cache-control", cache), *([_TRANSPORT] if self._secure else [])]

    def _cookie(self, value: bytes) -> bytes:
        parts = [part.strip() for part in value.decode("latin-1").split(";")]
        kept = [part for part in parts if part.partition("=")[0].lower() not in _FLAGS]
        flags = ["HttpOnly", "SameSite=Strict", *(["Secure"] if self._secure else [])]
        return "; ".join([*kept, *flags]).encode("latin-1")
