"""``/health``, ``/ready`` and ``/metrics`` in front of any ASGI app."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable, markcoroutinefunction

from .asgi import ASGIApp, Receive, Scope, Send, raw_path
from .faults import describe

type Check = Callable[[], bool | Awaitable[bool]]
"""Says whether one part of the service is ready. Raising means that it is not."""

CHECK_SECONDS = 2.0
"""A check that takes longer counts as not ready."""

_LIVE = b"/health"
_READY = b"/ready"
_METRICS = b"/metrics"
_PATHS = frozenset((_LIVE, _READY, _METRICS))

_log = logging.getLogger(__name__)


class HealthApp:
    """Answers the three paths; everything else goes to `app`.

    ``/health`` says that the process serves, and what `about` says of it; ``/ready`` runs `checks` by
    name and answers 503 with those that fail; ``/metrics`` shows what `metrics` renders in the
    Prometheus text format.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        checks: Mapping[str, Check] | None = None,
        metrics: Callable[[], bytes] | None = None,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._checks = dict(checks or {})
        self._metrics = metrics
        self._live = json.dumps({"status": "ok", **(about or {})}, separators=(",", ":")).encode()

    @markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection; handed on unawaited, because every request comes by."""
        if scope["type"] != "http" or raw_path(scope) not in _PATHS:
            return self._app(scope, receive, send)
        return self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, b'{"status":"method not allowed"}', allow=b"GET, HEAD")
        elif raw_path(scope) == _LIVE:
            await _answer(send, 200, self._live)
        elif raw_path(scope) == _READY:
            await self._ready(send)
        elif self._metrics is None:
            await self._app(scope, receive, send)
        else:
            kind = b"text/plain; version=0.0.4; charset=utf-8"
            await _answer(send, 200, self._metrics(), kind=kind)

    async def _ready(self, send: Send) -> None:
        failing = [name for name, check in self._checks.items() if not await _holds(name, check)]
        if failing:
            body = json.dumps({"status": "not ready", "not_ready": failing}).encode()
            await _answer(send, 503, body)
        else:
            await _answer(send, 200, b'{"status":"ready"}')


async def _holds(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            answer = check()
            return bool(await answer if isawaitable(answer) else answer)
    except Exception as error:  # noqa: BLE001 - a check that fails in any way says not ready
        _log.warning("readiness check %s failed: %s", name, describe(error))
        return False


async def _answer(
    send: Send, status: int, body: bytes, *, kind: bytes = b"application/json", allow: bytes = b""
) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if allow:
        headers.append((b"allow", allow))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
