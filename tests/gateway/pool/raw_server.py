"""A server in the test's own loop whose handler has the bare connection."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number

    async def request(self) -> bytes:
        """The next request, head and body. Raises `EOFError` when the caller has gone."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name == b"content-length":
                return head + await self.reader.readexactly(int(value))
        return head

    async def send(self, *pieces: bytes) -> None:
        """Send pieces, the loop turning in between so that they arrive one by one."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def gone(self) -> None:
        """Wait until the caller has closed."""
        try:
            while await self.reader.read(65_536):
                pass
        except ConnectionError:
            pass


type Handle = Callable[[Peer], Awaitable[None]]


class RawServer:
    """Counts connections and keeps the requests that `answering` saw."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted = 0
        self.open = 0
        self.requests: list[bytes] = []
        self.changed = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def until_open(self, count: int) -> None:
        """Wait until so many connections are open."""
        async with asyncio.timeout(20.0), self.changed:
            await self.changed.wait_for(lambda: self.open == count)

    async def count(self, change: int) -> None:
        async with self.changed:
            self.open += change
            self.changed.notify_all()

    def answering_with(self, *answers: bytes) -> "Handle":
        """A handler that answers every request."""
        return lambda peer: self.answering(peer, *answers)

    async def answering(self, peer: Peer, *answers: bytes) -> None:
        """Answer request after request; the last answer is given for ever."""
        at = 0
        while True:
            self.requests.append(await peer.request())
            await peer.send(answers[min(at, len(answers) - 1)])
            at += 1


@asynccontextmanager
async def raw_server(
    handle: Handle, server: RawServer | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    """Serve on a free port; a handler's end closes its connection."""
    state = server or RawServer()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        state.accepted += 1
        await state.count(1)
        try:
            await handle(Peer(reader, writer, state.accepted))
        except (EOFError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            tasks.discard(task)
            await state.count(-1)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    state.port = listener.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def turned(condition: Callable[[], bool]) -> None:
    """Give the loop turns until something holds of which nothing tells."""
    async with asyncio.timeout(20.0):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)
