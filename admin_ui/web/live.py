"""``GET /live``: what is being recorded, as server-sent events.

The format is the WHATWG's (https://html.spec.whatwg.org/multipage/server-sent-events.html). A
stream ends by itself after a while, so that whoever was signed out meanwhile does not go on
watching; browsers come again and say which event they saw last.
"""

import asyncio
from time import monotonic

import orjson
from starlette.responses import PlainTextResponse

from ...middleware.asgi import ASGIApp, Receive, Scope, Send, raw_path
from ...middleware.headers import first
from ..store.live_feed import LiveEvent, LiveFeed, TooManyWatchers, Watcher

PATH = b"/live"
QUIET_SECONDS = 15.0
"""Seconds without an event after which a comment shows that the stream lives."""
STREAM_SECONDS = 600.0
"""How long one stream lasts."""
_BEHIND = b'event: behind\ndata: {"reason":"events came faster than they were read"}\n\n'
_HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
_MOST_DIGITS = 18


class Live:
    """Answers ``/live`` for the person the gate let in; everything else goes to `app`."""

    def __init__(self, app: ASGIApp, feed: LiveFeed) -> None:
        self._app = app
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or raw_path(scope) != PATH:
            await self._app(scope, receive, send)
        elif scope["method"] != "GET":
            await PlainTextResponse("Not allowed.", 405, {"allow": "GET"})(scope, receive, send)
        else:
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            watcher = self._feed.watch(scope["state"]["admin"].tenant_id, _seen(scope))
        except TooManyWatchers:
            await PlainTextResponse("Too many are watching.", 503)(scope, receive, send)
            return
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _send_events(watcher, gone, send)
        finally:
            self._feed.leave(watcher)
            gone.cancel()


async def _send_events(watcher: Watcher, gone: asyncio.Future[None], send: Send) -> None:
    end = monotonic() + STREAM_SECONDS
    piece = b": watching\n\n"
    while not gone.done() and not watcher.over and monotonic() < end:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        waiting = asyncio.ensure_future(watcher.next(QUIET_SECONDS))
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            return
        piece = b"".join(map(_frame, waiting.result())) or b": quiet\n\n"
        if watcher.behind:
            piece = _BEHIND
            break
    await send({"type": "http.response.body", "body": piece, "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _frame(event: LiveEvent) -> bytes:
    data = orjson.dumps(
        {
            "number": event.number,
            "id": event.exchange_id,
            "application": event.application,
            "started": event.started,
            "action": event.action,
            "outcome": event.outcome,
            "status": event.status,
            "streamed": event.streamed,
        }
    )
    return b"id: %d\nevent: exchange\ndata: %b\n\n" % (event.number, data)


def _seen(scope: Scope) -> int | None:
    """Return the number of the last event that a browser says it saw."""
    given = first(scope["headers"], b"last-event-id")
    if given is None or not given.isdigit() or len(given) > _MOST_DIGITS:
        return None
    return int(given)
