"""Header fields that tell browsers to be careful.

Source: OWASP's HTTP headers cheat sheet.
"""

from collections.abc import Mapping

from ..asgi import ASGIApp, Message, Receive, Scope, Send

USUAL: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class SecurityHeadersMiddleware:
    """Adds fields to answers that do not have them; over TLS also ``Strict-Transport-Security``.

    Args:
        app: what is behind it.
        headers: the fields; the `USUAL` ones unless given.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] = USUAL) -> None:
        self._app = app
        self._headers = [
            (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = [*self._headers, _HSTS] if scope.get("scheme") == "https" else self._headers

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                missing = [field for field in wanted if field[0] not in names]
                message = {**message, "headers": given + missing}
            await send(message)

        await self._app(scope, receive, secured)
