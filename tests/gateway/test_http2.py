"""HTTP/2 upstreams: the same answers over streams of one connection."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import h2.config
import h2.connection
import h2.events
import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.gateway.upstream.httpx_client import HttpxUpstream
from tests.gateway.answers import opened, pieces_of, whole
from tests.gateway.pool.authority import Authority

POST = UpstreamRequest("POST", b"/v1/x", [(b"content-type", b"application/json")], b'{"a":1}')


class Server:
    """Answers every stream with the same pieces, the later ones when `told`."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.told = asyncio.Event()
        self.told.set()
        self.connections = 0
        self.heads: list[dict[bytes, bytes]] = []
        self.bodies: dict[int, bytes] = {}
        self.asked = asyncio.Event()
        self.silent = False
        self.open = 0
        self.port = 0
        self._changed = asyncio.Event()

    def count(self, change: int) -> None:
        self.open += change
        self._changed.set()

    async def until_open(self, count: int) -> None:
        async with asyncio.timeout(20.0):
            while self.open != count:
                self._changed.clear()
                await self._changed.wait()


class Connection(asyncio.Protocol):
    """One connection of the server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding=None)
        )
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.server.connections += 1
        self.server.count(1)
        self.transport = cast("asyncio.Transport", transport)
        self.h2.initiate_connection()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.count(-1)
        for task in self.tasks:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self.server.heads.append(dict(event.headers))
            elif isinstance(event, h2.events.DataReceived):
                self.server.bodies[event.stream_id] = (
                    self.server.bodies.get(event.stream_id, b"") + event.data
                )
            elif isinstance(event, h2.events.StreamEnded):
                task = asyncio.create_task(self.answer(event.stream_id))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
        self.flush()

    async def answer(self, stream: int) -> None:
        self.server.asked.set()
        if self.server.silent:
            return
        self.h2.send_headers(stream, [(b":status", b"200"), (b"x-id", b"7")])
        for number, piece in enumerate(self.server.pieces):
            if number:
                await self.server.told.wait()
            self.h2.send_data(stream, piece)
            self.flush()
        self.h2.end_stream(stream)
        self.flush()

    def flush(self) -> None:
        self.transport.write(self.h2.data_to_send())


@asynccontextmanager
async def serving(
    authority: Authority, *pieces: bytes, protocols: Sequence[str] = ("h2",)
) -> AsyncIterator[tuple[Server, HttpxUpstream]]:
    server, context = Server(*pieces), authority.server("127.0.0.1")
    context.set_alpn_protocols(list(protocols))
    listener = await asyncio.get_running_loop().create_server(
        lambda: Connection(server), "127.0.0.1", 0, ssl=context
    )
    server.port = listener.sockets[0].getsockname()[1]
    client = HttpxUpstream(f"https://127.0.0.1:{server.port}/v1", tls=authority.client(), http2=True)
    try:
        yield server, client
    finally:
        await client.close()
        listener.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path)


async def test_requests_share_a_connection(authority: Authority) -> None:
    async with serving(authority, b"hello ", b"there") as (server, client):

        async def ask() -> bytes:
            async with opened(client, POST) as answer:
                assert (answer.status, answer.headers) == (200, [(b"x-id", b"7")])
                return await whole(answer)

        assert await ask() == b"hello there"
        assert await asyncio.gather(*(ask() for _ in range(5))) == [b"hello there"] * 5
        assert (server.connections, list(server.bodies.values())) == (1, [POST.body] * 6)
        head = server.heads[0]
        assert (head[b":path"], head[b":method"], head[b":scheme"]) == (b"/v1/x", b"POST", b"https")
        assert head[b":authority"] == b"127.0.0.1:%d" % server.port


async def test_a_stream_comes_piece_by_piece(authority: Authority) -> None:
    async with serving(authority, b"data: 1\n\n", b"data: 2\n\n") as (server, client):
        server.told.clear()
        async with opened(client, POST) as answer:
            assert await answer.read() == b"data: 1\n\n"
            server.told.set()
            assert await pieces_of(answer) == [b"data: 2\n\n"]


async def test_leaving_early_ends_the_connection_with_the_last_answer_on_it(authority: Authority) -> None:
    async with serving(authority, b"data: 1\n\n", b"data: 2\n\n") as (server, client):
        server.told.clear()
        async with opened(client, POST) as other:
            async with opened(client, POST) as answer:
                assert await answer.read() == b"data: 1\n\n"
            assert (server.open, server.connections) == (1, 1)
            server.told.set()
            assert await whole(other) == b"data: 1\n\ndata: 2\n\n"
        await server.until_open(0)
        async with opened(client, POST) as answer:
            assert await whole(answer) == b"data: 1\n\ndata: 2\n\n"
        assert (server.open, server.connections) == (1, 2)


async def test_leaving_the_only_answer_ends_the_connection(authority: Authority) -> None:
    async with serving(authority, b"data: 1\n\n", b"data: 2\n\n") as (server, client):
        server.told.clear()
        async with opened(client, POST) as answer:
            assert await answer.read() == b"data: 1\n\n"
        await server.until_open(0)


async def test_a_cancellation_before_the_head_ends_the_connection(authority: Authority) -> None:
    async with serving(authority) as (server, client):
        server.silent = True
        task = asyncio.create_task(client.send(POST))
        async with asyncio.timeout(20.0):
            await server.asked.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.until_open(0)


async def test_a_certificate_is_checked(authority: Authority, tmp_path: Path) -> None:
    async with serving(authority, b"no") as (server, _):
        stranger: ssl.SSLContext = Authority.create(tmp_path).client()
        client = HttpxUpstream(f"https://127.0.0.1:{server.port}/v1", tls=stranger, http2=True)
        with pytest.raises(UpstreamFault) as caught:
            await client.send(POST)
        assert caught.value.code == "upstream_unreachable"
        await client.close()
        assert server.heads == []
