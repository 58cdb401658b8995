"""Bodies that lie in a file: sent as fast as they are taken, given up when the answer is there first."""

import asyncio
from collections.abc import Iterator

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.middleware.spooled import IN_MEMORY, SLICE, Body, Spooled, slices
from tests.gateway.pool.raw_server import OK, Peer, RawServer, raw_server, turned
from tests.gateway.pool.test_pool import ask, pool

SIZE = 24 * 1024 * 1024
"""More than the buffers of both ends of a connection hold, here and in the kernel."""
CONTENT = bytes(range(256)) * (SIZE // 256)


@pytest.fixture
def spool() -> Iterator[Spooled]:
    made = Spooled()
    for at in range(0, SIZE, 100_000):
        made.write(CONTENT[at : at + 100_000])
    yield made
    made.close()


def post(body: Body) -> UpstreamRequest:
    return UpstreamRequest("POST", b"/v1/files", [(b"content-type", b"multipart/form-data")], body)


def test_a_small_body_is_no_file() -> None:
    spool = Spooled()
    spool.write(b"x" * IN_MEMORY)
    assert spool.body() == b"x" * IN_MEMORY
    spool.close()


def test_a_large_one_is_the_same_bytes(spool: Spooled) -> None:
    body = spool.body()
    assert not isinstance(body, bytes)
    assert bytes(body) == CONTENT
    assert sum(len(body[piece]) for piece in slices(body)) == SIZE == spool.size


async def test_it_arrives_whole_and_the_connection_is_used_again(spool: Spooled) -> None:
    server = RawServer()
    async with raw_server(server.answering_with(OK), server), pool(server.url) as upstream:
        for _ in range(2):
            assert await ask(upstream, post(spool.body())) == b"ok"
        assert [got.partition(b"\r\n\r\n")[2] for got in server.requests] == [CONTENT] * 2
        assert (server.accepted, upstream.idle_connections) == (1, 1)


async def test_an_early_answer_ends_it_and_the_connection(spool: Spooled) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await peer.gone()

    async with raw_server(refuse) as server, pool(server.url) as upstream:
        assert await ask(upstream, post(spool.body())) == b"no"
        await turned(lambda: upstream.open_connections == 0)


async def test_a_server_that_goes_away_is_a_fault(spool: Spooled) -> None:
    async def leave(peer: Peer) -> None:
        await peer.reader.readexactly(3 * SLICE)

    async with raw_server(leave) as server, pool(server.url) as upstream:
        with pytest.raises(UpstreamFault):
            await ask(upstream, post(spool.body()))


async def test_a_caller_that_gives_up_closes_the_connection(spool: Spooled) -> None:
    reading = asyncio.Event()

    async def wait(peer: Peer) -> None:
        await peer.reader.readexactly(SLICE)
        reading.set()
        await asyncio.Event().wait()

    async with raw_server(wait) as server, pool(server.url) as upstream:
        asking = asyncio.create_task(ask(upstream, post(spool.body())))
        await reading.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await turned(lambda: upstream.open_connections == 0)


async def test_no_more_is_written_than_is_taken(spool: Spooled) -> None:

    stopped, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        stopped.set()
        await go_on.wait()
        await peer.reader.readexactly(SIZE)
        await peer.send(OK)

    async with raw_server(slowly) as server, pool(server.url) as upstream:
        asking = asyncio.create_task(ask(upstream, post(spool.body())))
        await stopped.wait()
        [connection] = upstream._all
        await turned(lambda: connection._drain is not None)
        assert connection._transport.get_write_buffer_size() < 4 * SLICE
        go_on.set()
        assert await asking == b"ok"
