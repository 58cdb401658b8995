"""One HTTP/1.1 connection: bytes in, requests run one after the other, within bounds.

httptools bounds neither how long a head is nor how long it takes to arrive; one client could hold
memory and connections for ever with a head that does not end.
"""

import asyncio
from collections import deque
from math import inf
from typing import TYPE_CHECKING, cast

import httptools

from ..gateway.realtime.upgrade import wants_socket
from .http_repeat import RepeatedHead, learn
from .http_request import HttpRequest, scope_of
from .http_socket import ServerSocket

if TYPE_CHECKING:
    from .http_service import HttpService

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20.0
KEEP_ALIVE_SECONDS = 75.0
LINGER_SECONDS = 1.0
"""How long a client that is refused may go on sending before it is cut off."""
STALL_SECONDS = 120.0
"""How long a client may leave an answer unread."""
MOST_LESSONS = 16
"""Heads of one connection that are remembered for the next request; then they do not repeat."""
MOST_PIPELINED = 256
"""Requests that wait for the answers before theirs."""


def _refusal(status: bytes, message: bytes) -> bytes:
    return (
        b"HTTP/1.1 %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
        b"connection: close\r\n\r\n%s"
    ) % (status, len(message), message)


_TOO_LARGE = _refusal(b"431 Request Header Fields Too Large", b"Request head too large.")
_INVALID = _refusal(b"400 Bad Request", b"Invalid HTTP request received.")


class _HeadTooLarge(Exception):
    """Ends the parsing of a head from inside the parser's callback."""


class HttpConnection(asyncio.Protocol):
    """A head beyond the bound is answered 431, one that comes too late not at all."""

    def __init__(self, service: "HttpService") -> None:
        self.service = service
        self.deadline = inf
        """When `late` is due, by the service's clock."""
        self.transport: asyncio.Transport
        self.client: tuple[str, int] | None = None
        self.server: tuple[str, int] | None = None
        self.scheme = "http"
        self._parser = httptools.HttpRequestParser(self)
        self._in_head = True
        self._head_bytes = 0
        self._refused = False
        self._too_large = False
        self._last_words = b""
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._reading: HttpRequest | None = None
        self._running: HttpRequest | ServerSocket | None = None
        self._waiting: deque[HttpRequest | ServerSocket] = deque()
        self._socket: ServerSocket | None = None
        self._pumping = False
        self._begun = False
        self._repeated: RepeatedHead | None = None
        self._lessons = 0
        self._stalled: asyncio.Future[None] | None = None

    # the transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start waiting for the first head."""
        self.transport = cast("asyncio.Transport", transport)
        self.client = _address(transport.get_extra_info("peername"))
        self.server = _address(transport.get_extra_info("sockname"))
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self.service.connections.add(self)
        self.deadline = self.service.now + HEAD_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the requests that nobody is there any more."""
        self.service.left(self)
        self._waiting.clear()
        self.resume_writing()
        if self._running is not None:
            self._running.lose()
        elif self._socket is not None:
            self._socket.lose()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that does not end is counted before it is kept any longer."""
        if self._refused:
            return
        if self._socket is not None:
            self._socket.take(data)
            return
        between = not self._begun
        if between and self._repeated is not None and self._repeats(self._repeated, data):
            return
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgraded(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(_TOO_LARGE if self._too_large else _INVALID)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES and not self._refused:
            self._refuse(_TOO_LARGE)
        if self._waiting and self._running is None:
            if between and not self._refused:
                self._learn(data)
            self._pump()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        if self._socket is not None:
            self._socket.pause_writing()
        if self._stalled is None:
            self._stalled = self.service.loop.create_future()
            self.deadline = self.service.now + STALL_SECONDS

    def eof_received(self) -> bool:
        """The client sends no more; a WebSocket says by itself when it ends."""
        if self._socket is not None:
            self._socket.take_end()
        return False

    def resume_writing(self) -> None:
        """The client has read on."""
        if self._socket is not None:
            self._socket.resume_writing()
        stalled, self._stalled = self._stalled, None
        if stalled is not None:
            self.deadline = inf
            if not stalled.done():
                stalled.set_result(None)

    # the parser's calls

    def on_message_begin(self) -> None:
        """Start counting another head."""
        self._begun = self._in_head = True
        self._url = b""
        self._headers = []
        if self._running is None:
            self.deadline = self.service.now + HEAD_SECONDS

    def on_url(self, url: bytes) -> None:
        """Take a part of the request target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head that is complete now; it may have come in one piece."""
        self._in_head = False
        self._head_bytes = 0
        size = len(self._url)
        for name, value in self._headers:
            size += len(name) + len(value) + 4
        if size > MOST_HEAD_BYTES:
            self._too_large = True
            raise _HeadTooLarge
        parser = self._parser
        method = parser.get_method()
        scope = scope_of(self, method, self._url, parser.get_http_version(), self._headers)
        if len(self._waiting) >= MOST_PIPELINED:
            raise _HeadTooLarge
        upgrades = parser.should_upgrade()
        if upgrades and wants_socket(method, self._headers):
            self._socket = ServerSocket(self, scope)
            self._waiting.append(self._socket)
        else:
            self._reading = request = HttpRequest(self, scope)
            request.keep_alive = parser.should_keep_alive() and not upgrades
            self._waiting.append(request)
        if self._running is None:
            self.deadline = inf
        else:
            self.transport.pause_reading()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if self._reading is not None:
            self._reading.take(body)

    def on_message_complete(self) -> None:
        """A body ended."""
        self._begun = False
        if self._reading is not None:
            self._reading.take_end()
            self._reading = None

    # the requests' calls

    async def drained(self) -> None:
        """Wait until the client reads again."""
        if self._stalled is not None:
            await asyncio.shield(self._stalled)

    @property
    def stalled(self) -> bool:
        """Whether more should not be written now."""
        return self._stalled is not None

    def ended(self, request: HttpRequest | ServerSocket) -> None:
        """A request was answered; the next one runs."""
        self._running = None
        if self.transport.is_closing() or (request is self._socket and self._socket.lingers):
            return
        if self._last_words and not self._waiting and not request.begun:
            self._say_last_words()
        elif not request.keep_alive or self.service.draining:
            self._close()
        elif self._waiting:
            self._pump()
        elif self._refused:
            self._say_last_words()
        else:
            wait = HEAD_SECONDS if self._in_head else KEEP_ALIVE_SECONDS
            self.deadline = self.service.now + wait
            self.transport.resume_reading()

    def say(self, words: bytes) -> None:
        """Write at once, after what waits to be written."""
        self.service.outbox.flush()
        self.transport.write(words)

    # the service's calls

    def late(self) -> None:
        """The deadline passed."""
        self.deadline = inf
        if self._stalled is not None:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.close()

    def drain(self) -> None:
        """Close after the answer that is under way, or now."""
        if self._running is None and not self._waiting:
            self.transport.close()
        elif self._socket is not None:
            self._socket.leave()

    def retire(self) -> None:
        """Another process serves from now on: what would stay open for long is told."""
        if self._socket is not None:
            self._socket.leave()

    def cancel(self) -> None:
        """End the request that runs, and the connection."""
        if self._running is not None:
            self._running.cancel()
        else:
            self.transport.abort()

    def _upgraded(self, rest: bytes) -> None:
        """What follows the head is no HTTP; it is read where it belongs to a WebSocket."""
        if self._socket is not None:
            self._socket.take(rest)
        else:
            # we speak nothing else: the head is answered as it is
            self._refused = True

    def _repeats(self, repeated: RepeatedHead, data: bytes) -> bool:
        """Run a request whose head is known, if that is all there is."""
        if self._running is not None or self._waiting:
            return False
        known = repeated.match(data)
        if known is None:
            return False
        scope, body = known
        self.deadline = inf
        self._running = request = HttpRequest(self, scope, body, repeated.shared)
        request.start()
        return True

    def _learn(self, data: bytes) -> None:
        """Remember a head for the next request, unless this client's heads never repeat."""
        request = self._waiting[0]
        if len(self._waiting) > 1 or self._begun or not request.keep_alive or self._lessons >= MOST_LESSONS:
            return
        if isinstance(request, ServerSocket):
            return
        self._lessons += 1
        self._repeated = learn(data, request.scope)
        if self._repeated is not None:
            request.share(self._repeated.shared)

    def _pump(self) -> None:
        """Run what waits, in order; a request may be answered before its start returns."""
        if self._pumping:
            return
        self._pumping = True
        while self._waiting and self._running is None and not self.transport.is_closing():
            self.deadline = inf
            self._running = request = self._waiting.popleft()
            request.start()
        self._pumping = False

    def _close(self) -> None:
        self.service.outbox.flush()
        self.transport.close()

    def _refuse(self, answer: bytes) -> None:
        """Read no further; what came before the fault is answered first."""
        self._refused = True
        self._last_words = answer
        if self._reading is not None:
            self._reading.lose()
            self._reading = None
        if self._running is None and not self._waiting:
            self._say_last_words()

    def _say_last_words(self) -> None:
        """Answer, then read on for a moment: closing on unread bytes would take the answer back."""
        if self.transport.is_closing() or not self._last_words:
            return
        answer, self._last_words = self._last_words, b""
        self.say(answer)
        self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.deadline = self.service.now + LINGER_SECONDS


def _address(name: object) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None
