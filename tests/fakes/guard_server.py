"""A guard over a real socket that answers as it is told to, also badly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

type Answer = bytes | Callable[[asyncio.StreamWriter], Any]
"""The bytes of a whole HTTP answer, or what to do with the connection instead."""


def whole(body: bytes, status: int = 200, **headers: str) -> bytes:
    """An answer with a length."""
    fields = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def said(content: str, ended: str = "stop") -> bytes:
    """A chat completion that says so."""
    message = {"role": "assistant", "content": content}
    return whole(orjson.dumps({"choices": [{"index": 0, "message": message, "finish_reason": ended}]}))


def close(writer: asyncio.StreamWriter) -> None:
    """Hang up without a byte."""
    writer.close()


async def hang(_: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, without end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Answer without end."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def stop(writer: asyncio.StreamWriter) -> None:
    """Break off in the middle of the body."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + b'{"choices"')
    await writer.drain()
    writer.close()


@dataclass
class FakeGuard:
    """Answers with `answer`, or with what `choose` makes of a request's body."""

    answer: Answer = b""
    choose: Callable[[Mapping[str, Any]], Answer] | None = None
    port: int = 0
    paths: list[str] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every request."""
    now: int = 0
    """Requests that are being answered."""
    most: int = 0
    """The most that were at one time."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    await self._serve_one(reader, writer)
        finally:
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = await self._read(reader)
        self.now += 1
        self.most = max(self.most, self.now)
        self.arrived.set()
        try:
            await self._say(self.choose(body) if self.choose else self.answer, writer)
        finally:
            self.now -= 1

    async def _read(self, reader: asyncio.StreamReader) -> Mapping[str, Any]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        self.paths.append(head[0].split(" ")[1])
        self.headers.append(fields)
        body: Mapping[str, Any] = orjson.loads(await reader.readexactly(int(fields.get("content-length", 0))))
        self.bodies.append(body)
        return body

    async def _say(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return
        doing = answer(writer)
        if doing is not None:
            await doing


@asynccontextmanager
async def fake_guard(answer: Answer = b"", **more: Any) -> AsyncIterator[FakeGuard]:
    """Serve on a free port."""
    guard = FakeGuard(answer, **more)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(guard.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    guard.port = server.sockets[0].getsockname()[1]
    try:
        yield guard
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
