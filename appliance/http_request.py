"""One request of a connection, as ASGI has it (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools

from ..middleware.asgi import ARRIVED, GONE, SAME_HEAD, ASGIApp, Headers, Message, Receive, Scope, Send
from ..middleware.faults import describe
from .logging import log_event

if TYPE_CHECKING:
    from .http_protocol import HttpConnection

HIGH_WATER = 64 * 1024
"""Bytes of a body that wait unread before the client is asked to pause."""

_ASGI = {"version": "3.0", "spec_version": "2.4"}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_BODILESS = frozenset((204, 304))
_HOP_BY_HOP = (b"connection", b"transfer-encoding")
_LOG = logging.getLogger("sluicegate.http")


class HttpRequest:
    """Reads its body, runs the app, writes the answer.

    A head is written together with the first part of its body, an answer of known length in one
    piece. The app runs at once, inside the call that brought the request's last bytes.
    """

    __slots__ = (
        "_bodiless", "_body", "_chunked", "_complete", "_connection", "_expects", "_given", "_gone",
        "_has_head", "_head", "_left", "_paused", "_read_all", "_subscribers", "_task", "_waiter",
        "keep_alive", "scope",
    )  # fmt: skip

    def __init__(
        self,
        connection: "HttpConnection",
        scope: Scope,
        body: bytes | None = None,
        shared: dict[str, Any] | None = None,
    ) -> None:
        self.scope = scope
        self.keep_alive = True
        self._connection = connection
        self._body = body or b""
        self._read_all = body is not None
        self._given = self._paused = False
        self._gone = self._complete = False
        self._bodiless = scope["method"] == "HEAD"
        self._has_head = self._chunked = False
        self._head = b""
        self._left = -1
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._subscribers: list[Callable[[], None]] = []
        scope["extensions"] = {GONE: {"subscribe": self._subscribers.append}}
        if shared is None:
            self._expects = any(
                name == b"expect" and value.lower() == b"100-continue" for name, value in scope["headers"]
            )
        else:
            self._expects = False
            self.share(shared)

    def share(self, shared: dict[str, Any]) -> None:
        """Offer the app what is kept of this request's head."""
        self.scope["extensions"][SAME_HEAD] = shared

    @property
    def begun(self) -> bool:
        """Whether anything of an answer was sent."""
        return self._has_head and not self._head

    def start(self) -> None:
        """Run the app until it waits for something."""
        service = self._connection.service
        app = _overloaded if service.crowded else service.app
        if self._read_all:
            self.scope["extensions"][ARRIVED] = {}
        # the connection holds the request while it runs, and the request its task
        self._task = asyncio.Task(self._run(app), loop=service.loop, eager_start=True)

    def take(self, body: bytes) -> None:
        """Take a part of the body from the connection."""
        if self._complete:
            return
        self._body = self._body + body if self._body else body
        if len(self._body) > HIGH_WATER and not self._paused:
            self._paused = True
            self._connection.transport.pause_reading()
        self._wake()

    def take_end(self) -> None:
        """The body is complete."""
        self._read_all = True
        self._wake()

    def lose(self) -> None:
        """The client is gone, or nobody knows any more what it sends."""
        self._gone = True
        if self.begun:
            self.keep_alive = False
        self._wake()
        if not self._complete:
            for tell in self._subscribers:
                tell()

    def cancel(self) -> None:
        """Cancel the app."""
        if self._task is not None:
            self._task.cancel()

    async def receive(self) -> Message:
        """Give the next part of the body, after the last one the disconnect when it comes."""
        if self._expects:
            self._expects = False
            if not self._has_head and not self._read_all:
                self._connection.say(_CONTINUE)
        while not (self._gone or self._complete or (not self._given and (self._body or self._read_all))):
            self._waiter = self._connection.service.loop.create_future()
            await self._waiter
        if self._gone or self._complete:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        self._given = self._read_all
        if self._paused:
            self._paused = False
            self._connection.transport.resume_reading()
        return {"type": "http.request", "body": body, "more_body": not self._read_all}

    async def send(self, message: Message) -> None:
        """Take the head of the answer, then its body. Raises `OSError` when the client is gone."""
        if self._gone:
            raise ConnectionResetError("the client is gone")
        kind = message["type"]
        if kind == "http.response.body" and self._has_head and not self._complete:
            self._write(message.get("body", b""), last=not message.get("more_body", False))
            if self._connection.stalled:
                await self._connection.drained()
        elif kind == "http.response.start" and not self._has_head:
            self._begin(message["status"], message.get("headers", ()))
        else:
            raise RuntimeError("the app sent a message out of turn")

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _run(self, app: ASGIApp) -> None:
        try:
            await app(self.scope, self.receive, self.send)
            if not self._complete and not self._gone:
                self._fail("it ended without an answer")
        except asyncio.CancelledError:
            self._connection.transport.abort()
            raise
        except Exception as error:  # noqa: BLE001 - whatever an app raises ends its answer and no other
            if not self._gone:
                self._fail(describe(error))
        finally:
            # no cycle is left: a request goes with its last reference, not with a collection
            self._subscribers.clear()
            self._task = None
            self._connection.ended(self)

    def _fail(self, what: str) -> None:
        """Answer 500 while nothing was sent; cut off what was begun."""
        log_event(_LOG, logging.ERROR, "app_failed", what=what)
        self.keep_alive = False
        if self._complete or self.begun:
            self._connection.transport.abort()
            return
        self._head, self._chunked = b"", False
        self._begin(500, ((b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"21")))
        self._write(b"Internal Server Error", last=True)

    def _begin(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Write down the head; it leaves with the first part of the body."""
        connection = self._connection
        named = dict(headers)
        if b"connection" in named or b"transfer-encoding" in named:
            self.keep_alive = self.keep_alive and named.get(b"connection", b"").lower() != b"close"
            headers = [field for field in headers if field[0] not in _HOP_BY_HOP]
        if connection.service.draining:
            self.keep_alive = False
        fields = b"".join([name + b": " + value + b"\r\n" for name, value in headers])
        if fields.count(b"\n") != len(headers) or fields.count(b"\r") != len(headers):
            raise ValueError("a field of the answer holds a line break")
        self._bodiless = self._bodiless or status in _BODILESS or status < 200
        length = named.get(b"content-length")
        self._left = -1 if length is None else int(length)
        first = _STATUS.get(status) or b"HTTP/1.1 %d \r\n" % status
        if self.keep_alive and length is not None and self.scope["http_version"] == "1.1":
            self._head = first + connection.service.date + fields + b"\r\n"
        else:
            self._head = first + connection.service.date + fields + self._framing() + b"\r\n"
        self._has_head = True

    def _framing(self) -> bytes:
        """Say how the answer ends, where it is not by its length alone and the connection stays."""
        lines = b""
        new = self.scope["http_version"] == "1.1"
        if self._left < 0 and not self._bodiless:
            if new:
                self._chunked = True
                lines = b"transfer-encoding: chunked\r\n"
            else:
                self.keep_alive = False
        if not self.keep_alive:
            lines += b"connection: close\r\n"
        elif not new:
            lines += b"connection: keep-alive\r\n"
        return lines

    def _write(self, body: bytes, *, last: bool) -> None:
        if self._bodiless:
            body = b""
        elif self._chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if last:
                body += b"0\r\n\r\n"
        elif self._left >= 0:
            self._measure(len(body), last=last)
        if self._head:
            body, self._head = self._head + body, b""
        if body:
            connection = self._connection
            connection.service.outbox.write(connection.transport, body)
        if last:
            self._complete = True
            self._wake()

    def _measure(self, size: int, *, last: bool) -> None:
        """Hold a body to the length its head gave: another one would be read as the next answer."""
        self._left -= size
        if self._left < 0 or (last and self._left):
            raise RuntimeError("the body of the answer has another length than its head says")


def scope_of(
    connection: "HttpConnection", method: bytes, url: bytes, version: str, headers: Headers
) -> Scope:
    """Return what ASGI tells of a head. Raises `HttpParserError` for a target that is no URL."""
    raw_path, query = _target(url)
    path = raw_path.decode("ascii")
    return {
        "type": "http",
        "asgi": _ASGI,
        "http_version": version,
        "server": connection.server,
        "client": connection.client,
        "scheme": connection.scheme,
        "root_path": "",
        "method": method.decode("ascii"),
        "path": unquote(path) if "%" in path else path,
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
    }


def _target(url: bytes) -> tuple[bytes, bytes]:
    """Cut a request target into path and query. Raises `HttpParserError` for one that is no URL."""
    if url.startswith(b"/"):
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path or b"/", parsed.query or b""


async def _overloaded(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"19"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"Service Unavailable"})
