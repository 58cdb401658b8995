"""A small HTTP/1.1 server in a thread, for upstreams that tests script down to the byte.

It keeps what it was sent as raw bytes, writes answers piece by piece, notices when the caller goes
away, and can be told to break the protocol.
"""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

_HIGH_WATER = 64 * 1024
_WAIT = 20.0


class Gate:
    """A place in an answer where the server stops until the test says `open`."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened: Future[None] = Future()

    def open(self) -> None:
        """Let the answer go on."""
        self.opened.set_result(None)


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection here with a TCP reset."""


type Piece = bytes | Gate | Reset


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back. Each of `pieces` is one write (and one HTTP chunk).

    `framing` is how the end of the body is told: a content length, chunks, or closing. With
    ``raw`` nothing is added: the pieces are all that the socket sees. ``unfinished`` is chunked
    without the last chunk: the connection closes early.
    """

    pieces: Iterable[Piece] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    framing: Literal["length", "chunked", "close", "raw", "unfinished"] = "length"


@dataclass(frozen=True)
class Received:
    """A request as it arrived. Header names are lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes

    @cached_property
    def body(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.raw)

    def header(self, name: str) -> str | None:
        """First value of a header, or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def text(self) -> str:
        """The body as text, JSON escapes of ASCII letters left as they are."""
        return self.raw.decode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Exchange:
    """One request and what became of its answer."""

    request: Received
    outcome: Literal["running", "complete", "aborted"] = "running"
    _ended: threading.Event = field(default_factory=threading.Event)

    def end(self, outcome: Literal["complete", "aborted"]) -> None:
        """Record how it ended, once."""
        if not self._ended.is_set():
            self.outcome = outcome
            self._ended.set()

    def wait(self) -> str:
        """Wait for the end (bounded) and return the outcome."""
        self._ended.wait(_WAIT)
        return self.outcome


type _Respond = Callable[[Exchange, Answer], Coroutine[Any, Any, None]]


class HttpServer:
    """Serves on a free loopback port from its own thread until the `with` block ends."""

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[_Connection] = set()
        self.exchanges: list[Exchange] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT)
        self._loop.close()

    @property
    def requests(self) -> list[Received]:
        """Every request so far, oldest first."""
        return [exchange.request for exchange in self.exchanges]

    def begin(self, request: Received, respond: _Respond) -> None:
        """Record a request and start answering it."""
        exchange = Exchange(request)
        self.exchanges.append(exchange)
        task = self._loop.create_task(respond(exchange, self._answer(request)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _connect(self) -> "_Connection":
        return _Connection(self)

    def remember(self, connection: "_Connection") -> None:
        """Note a connection that was made."""
        self._connections.add(connection)

    def forget(self, connection: "_Connection") -> None:
        """Drop a connection that ended."""
        self._connections.discard(connection)

    async def _shut(self) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection(asyncio.Protocol):
    """One client connection: reads requests one after the other, writes scripted answers."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._busy = False
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.remember(self)
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        self._gone.set()
        self._writable.set()
        self._server.forget(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def _next(self) -> None:
        if self._busy:
            return
        parsed = _parse(self._buffer)
        if parsed is not None:
            request, used = parsed
            del self._buffer[:used]
            self._busy = True
            self._server.begin(request, self._respond)

    async def _respond(self, exchange: Exchange, answer: Answer) -> None:
        try:
            complete = await self._write(answer)
        finally:
            exchange.end("aborted" if self._gone.is_set() else "complete")
        if answer.framing in ("close", "raw", "unfinished") or not complete:
            self._transport.close()
        self._busy = False
        self._next()

    async def _write(self, answer: Answer) -> bool:
        pieces = answer.pieces
        if answer.framing == "length":
            pieces = list(pieces)
        if answer.framing != "raw":
            self._transport.write(_head(answer, pieces))
        for piece in pieces:
            if self._gone.is_set() or not await self._put(piece, answer.framing):
                return False
        if answer.framing == "chunked":
            self._transport.write(b"0\r\n\r\n")
        return True

    async def _put(self, piece: Piece, framing: str) -> bool:
        if isinstance(piece, Reset):
            self._reset()
            return False
        if isinstance(piece, Gate):
            piece.reached.set()
            await self._until(piece.opened)
            return True
        chunked = framing in ("chunked", "unfinished")
        if piece or not chunked:
            self._transport.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        await self._writable.wait()
        await asyncio.sleep(0)
        return True

    async def _until(self, opened: Future[None]) -> None:
        gone = asyncio.create_task(self._gone.wait())
        either: set[asyncio.Future[Any]] = {gone, asyncio.wrap_future(opened)}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()

    def _reset(self) -> None:
        linger_now = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        with contextlib.suppress(OSError):
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_now)
        self._transport.abort()


def _head(answer: Answer, pieces: Iterable[Piece]) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} Scripted", f"content-type: {answer.content_type}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    match answer.framing:
        case "length":
            lines.append(f"content-length: {sum(len(piece) for piece in pieces if isinstance(piece, bytes))}")
        case "chunked" | "unfinished":
            lines.append("transfer-encoding: chunked")
        case _:
            lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _parse(buffer: bytearray) -> tuple[Received, int] | None:
    """Read one whole request from the buffer's start; None while bytes are missing."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    body = _body(dict(headers), bytes(buffer[end + 4 :]))
    if body is None:
        return None
    raw, used = body
    return Received(method, path, headers, raw), end + 4 + used


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, int] | None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _dechunk(rest)
    length = int(headers.get("content-length", "0"))
    return (rest[:length], length) if len(rest) >= length else None


def _dechunk(rest: bytes) -> tuple[bytes, int] | None:
    body, at = b"", 0
    while (line_end := rest.find(b"\r\n", at)) >= 0:
        size = int(rest[at:line_end].split(b";")[0], 16)
        start = line_end + 2
        if len(rest) < start + size + 2:
            return None
        body, at = body + rest[start : start + size], start + size + 2
        if size == 0:
            return body, at
    return None
