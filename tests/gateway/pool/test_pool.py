"""Connections of the pool: kept, limited, watched, given up, and never leaked."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.gateway.upstream.connection import UNREAD_BYTES
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.timeouts import Timeouts
from sluicegate.middleware.breaker import Breaker
from tests.gateway.answers import opened, whole
from tests.gateway.pool.raw_server import OK, Peer, RawServer, raw_server, turned

POST = UpstreamRequest("POST", b"/v1/x", [(b"content-type", b"application/json")], b"{}")
GET = UpstreamRequest("GET", b"/v1/models", [])
PATIENT = Timeouts(connect=10.0, first_byte=30.0, silence=30.0, total=60.0)
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@asynccontextmanager
async def pool(
    url: str, *, connections: int = 10, idle: float = 30.0, times: Timeouts = PATIENT
) -> AsyncIterator[PooledUpstream]:
    upstream = PooledUpstream(
        url, timeouts=times, connections=connections, idle_seconds=idle, breaker=Breaker(failures=1_000)
    )
    try:
        yield upstream
    finally:
        await upstream.close()
        assert upstream.open_connections == 0


async def ask(upstream: PooledUpstream, request: UpstreamRequest = POST) -> bytes:
    async with opened(upstream, request) as answer:
        return await whole(answer)


async def fault(upstream: PooledUpstream, request: UpstreamRequest = POST) -> str:
    with pytest.raises(UpstreamFault) as caught:
        await ask(upstream, request)
    return caught.value.code


async def test_a_connection_is_used_again() -> None:
    server = RawServer()
    async with raw_server(server.answering_with(OK), server), pool(server.url) as upstream:
        assert [await ask(upstream) for _ in range(5)] == [b"ok"] * 5
        assert (server.accepted, upstream.open_connections, upstream.idle_connections) == (1, 1, 1)


async def test_what_arrives_at_once_is_read_without_waiting() -> None:
    server = RawServer()
    async with raw_server(server.answering_with(OK), server), pool(server.url) as upstream:
        answer = await upstream.send(POST)
        assert not answer.ended
        reading = answer.read()
        with pytest.raises(StopIteration) as done:
            reading.send(None)
        assert (done.value.value, answer.ended, upstream.idle_connections) == (b"ok", True, 1)
        await answer.close()
        assert upstream.idle_connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", id="says so"),
        pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", id="1.0"),
        pytest.param(OK + b"surplus", id="surplus"),
        pytest.param(OK + OK, id="two answers"),
        pytest.param(OK + b"HTTP/1.1 2", id="half an answer more"),
    ],
)
async def test_a_connection_is_not_used_again(answer: bytes) -> None:
    server = RawServer()
    async with raw_server(server.answering_with(answer), server), pool(server.url) as upstream:
        for number in range(1, 4):
            assert await ask(upstream) == b"ok"
            assert (upstream.open_connections, server.accepted) == (0, number)
        await server.until_open(0)


async def test_an_answer_to_no_request_ends_the_connection_and_is_given_to_nobody() -> None:
    server, told = RawServer(), asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        if peer.number == 1:
            await told.wait()
            await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
        await server.answering(peer, OK)

    async with raw_server(handle, server), pool(server.url) as upstream:
        assert await ask(upstream) == b"ok"
        told.set()
        await server.until_open(0)
        assert (upstream.open_connections, upstream.idle_connections) == (0, 0)
        assert await ask(upstream) == b"ok"
        assert server.accepted == 2


async def test_an_idle_connection_the_server_closes_is_dropped() -> None:
    server, told = RawServer(), asyncio.Event()

    async def handle(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(OK)
        await told.wait()

    async with raw_server(handle, server), pool(server.url) as upstream:
        assert await ask(upstream) == b"ok"
        told.set()
        await server.until_open(0)
        await turned(lambda: not upstream.open_connections)
        assert await ask(upstream) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 2)


@asynccontextmanager
async def bare(*answers: bytes | None) -> AsyncIterator[tuple[str, list[socket.socket]]]:
    """A listener whose accepted sockets the test holds; one answer a connection, None for no answer."""
    loop, sockets = asyncio.get_running_loop(), list[socket.socket]()

    async def accept() -> None:
        for answer in answers:
            accepted, _ = await loop.sock_accept(listener)
            sockets.append(accepted)
            accepted.setblocking(False)
            await loop.sock_recv(accepted, 65_536)
            if answer is not None:
                await loop.sock_sendall(accepted, answer)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        task = asyncio.create_task(accept())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", sockets
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for accepted in sockets:
                accepted.close()


@pytest.mark.parametrize("request_", [POST, GET], ids=["POST", "GET"])
async def test_a_request_that_meets_a_closed_connection_is_sent_again(request_: UpstreamRequest) -> None:
    async with bare(OK, OK) as (url, sockets), pool(url) as upstream:
        assert await ask(upstream) == b"ok"
        sockets[0].close()  # and nothing between this and the next request gives the loop a turn
        assert await ask(upstream, request_) == b"ok"
        assert len(sockets) == 2


@pytest.mark.parametrize(("request_", "seen"), [(POST, 2), (GET, 3)], ids=["POST", "GET"])
async def test_a_request_that_was_received_is_sent_again_only_if_that_does_no_harm(
    request_: UpstreamRequest, seen: int
) -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(OK)
        if peer.number == 1:
            server.requests.append(await peer.request())  # and is taken away with no answer
        else:
            await peer.gone()

    async with raw_server(handle, server), pool(server.url) as upstream:
        assert await ask(upstream) == b"ok"
        if request_ is GET:
            assert await ask(upstream, request_) == b"ok"
        else:
            assert await fault(upstream, request_) == "upstream_protocol"
        assert len(server.requests) == seen


async def test_a_reset_does_not_tell_whether_the_request_was_received() -> None:
    async with bare(OK, None) as (url, sockets), pool(url) as upstream:
        loop = asyncio.get_running_loop()
        assert await ask(upstream) == b"ok"

        async def reset() -> None:
            assert (await loop.sock_recv(sockets[0], 65_536)).endswith(b"{}")
            sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sockets[0].close()

        resetting = asyncio.create_task(reset())
        assert await fault(upstream) == "upstream_protocol"
        await resetting
        assert len(sockets) == 1


async def test_a_request_is_sent_again_once_and_only_on_a_kept_connection() -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        server.requests.append(await peer.request())
        if len(server.requests) == 1:
            await peer.send(OK)
            server.requests.append(await peer.request())

    async with raw_server(handle, server), pool(server.url) as upstream:
        assert await ask(upstream, GET) == b"ok"
        assert await fault(upstream, GET) == "upstream_protocol"
        assert (server.accepted, len(server.requests)) == (2, 3)
        assert await fault(upstream, GET) == "upstream_protocol"
        assert (server.accepted, len(server.requests)) == (3, 4)


async def test_a_request_whose_answer_began_is_not_sent_again() -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        await server.answering(peer, OK, b"H")

    async def cut(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(OK)
        server.requests.append(await peer.request())
        await peer.send(b"H")

    async with raw_server(cut, server), pool(server.url) as upstream:
        assert await ask(upstream, GET) == b"ok"
        assert await fault(upstream, GET) == "upstream_protocol"
        assert len(server.requests) == 2


async def test_no_more_connections_are_opened_than_allowed_and_the_line_is_served_in_order() -> None:
    server, order = RawServer(), list[bytes]()

    async def one(upstream: PooledUpstream, number: int) -> None:
        await ask(upstream, UpstreamRequest("POST", b"/v1/%d" % number, [], b"{}"))

    async with raw_server(server.answering_with(OK), server), pool(server.url, connections=2) as upstream:
        await asyncio.gather(*(one(upstream, number) for number in range(20)))
        order = [request.split(b" ")[1] for request in server.requests]
        assert server.accepted == 2
        assert upstream.open_connections == 2
    numbers = [int(target.rpartition(b"/")[2]) for target in order]
    assert all(abs(place - number) <= 2 for place, number in enumerate(numbers))


async def test_waiting_in_line_is_bounded_and_leaks_nothing() -> None:
    server, told = RawServer(), asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.request()
        await told.wait()
        await peer.send(OK)
        await server.answering(peer, OK)

    async with (
        raw_server(handle, server),
        pool(server.url, connections=1, times=replace(PATIENT, connect=0.05)) as upstream,
    ):
        first = asyncio.create_task(ask(upstream))
        await server.until_open(1)
        for _ in range(3):
            with pytest.raises(UpstreamFault) as caught:
                await ask(upstream)
            assert (caught.value.status, caught.value.code) == (504, "upstream_timeout")
        told.set()
        assert await first == b"ok"
        assert [await ask(upstream) for _ in range(3)] == [b"ok"] * 3
        assert (server.accepted, upstream.breaker.state) == (1, "closed")


async def test_who_leaves_the_line_takes_nothing_with_him() -> None:
    server, told = RawServer(), asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.request()
        await told.wait()
        await peer.send(OK)
        await server.answering(peer, OK)

    async with raw_server(handle, server), pool(server.url, connections=1) as upstream:
        first = asyncio.create_task(ask(upstream))
        await server.until_open(1)
        line = [asyncio.create_task(ask(upstream)) for _ in range(6)]
        await asyncio.sleep(0)
        for task in line[::2]:
            task.cancel()
        told.set()
        await first  # hands its connection to the next in line, who may be cancelled at that very moment
        line[1].cancel()
        done = await asyncio.gather(*line, return_exceptions=True)
        assert done[3] == done[5] == b"ok"
        assert await ask(upstream) == b"ok"
        assert (upstream.open_connections, upstream.idle_connections) == (1, 1)


async def test_a_connection_that_ends_while_it_is_handed_on_is_not_used() -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        server.requests.append(await peer.request())
        if peer.number == 1:
            await peer.gone()
        await peer.send(OK)

    async with raw_server(handle, server), pool(server.url, connections=1) as upstream:
        first = asyncio.create_task(fault(upstream))
        await server.until_open(1)
        second = asyncio.create_task(ask(upstream))
        await asyncio.sleep(0)
        (connection,) = upstream._all
        upstream.free(connection)
        connection.drop()
        assert await second == b"ok"
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_an_idle_connection_is_closed_after_a_while() -> None:
    server = RawServer()
    async with raw_server(server.answering_with(OK), server), pool(server.url, idle=0.02) as upstream:
        assert await ask(upstream) == b"ok"
        await server.until_open(0)
        assert (upstream.open_connections, upstream.idle_connections) == (0, 0)
        assert await ask(upstream) == b"ok"


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        pytest.param(b"", {"first_byte": 0.05}, id="not a byte"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: ", {"first_byte": 0.05}, id="a head that drips"),
        pytest.param(CHUNKED, {"total": 0.1}, id="a body that drips"),
        pytest.param(b"", {"total": 0.05}, id="not a byte in all"),
        pytest.param(CHUNKED + b"1\r\nx", {"silence": 0.05}, id="a body that stops"),
    ],
)
async def test_every_way_of_being_slow_ends(answer: bytes, limits: dict[str, float]) -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        await peer.request()
        drip = b"" if b"\r\nx" in answer[-3:] else b"1\r\nx\r\n" if answer == CHUNKED else b"y"
        await peer.send(answer)
        gone = asyncio.create_task(peer.gone())
        while answer and drip and not gone.done():
            await peer.send(drip)
            await asyncio.sleep(0.005)
        await gone

    async with raw_server(handle, server), pool(server.url, times=replace(PATIENT, **limits)) as upstream:
        with pytest.raises(UpstreamFault) as caught:
            await ask(upstream)
        assert (caught.value.status, caught.value.code) == (504, "upstream_timeout")
        await server.until_open(0)
        assert upstream.open_connections == 0


async def test_a_reader_that_takes_its_time_is_not_the_upstreams_silence() -> None:
    server, body = RawServer(), b"x" * (8 * UNREAD_BYTES)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
    async with (
        raw_server(server.answering_with(head + body), server),
        pool(server.url, times=replace(PATIENT, silence=0.05)) as upstream,
        opened(upstream, POST) as answer,
    ):
        await asyncio.sleep(0.3)
        assert await whole(answer) == body


async def test_a_large_request_is_sent_whole() -> None:
    server = RawServer()
    body = random.Random(7).randbytes(5_000_000)
    async with raw_server(server.answering_with(OK), server), pool(server.url) as upstream:
        assert await ask(upstream, UpstreamRequest("POST", b"/v1/x", [], body)) == b"ok"
        assert await ask(upstream) == b"ok"
    assert server.requests[0].endswith(body)
    assert server.accepted == 1


async def test_an_answer_before_the_request_was_taken_is_an_answer() -> None:
    server = RawServer()
    early = b"HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno"

    async def handle(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(early)
        await peer.gone()

    large = UpstreamRequest("POST", b"/v1/x", [], b"x" * 30_000_000)
    async with raw_server(handle, server), pool(server.url) as upstream, opened(upstream, large) as answer:
        assert (answer.status, await whole(answer)) == (413, b"no")
        await turned(lambda: not upstream.idle_connections)


async def test_an_answer_that_is_left_early_costs_its_connection() -> None:
    server = RawServer()
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"
    async with raw_server(server.answering_with(half), server), pool(server.url) as upstream:
        answer = await upstream.send(POST)
        assert await answer.read() == b"half"
        for _ in range(2):
            await answer.close()
        await server.until_open(0)
        with pytest.raises(UpstreamFault):
            await answer.read()


async def test_an_answer_that_was_read_leaves_the_next_one_alone() -> None:
    server = RawServer()
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"
    async with (
        raw_server(lambda peer: server.answering(peer, OK, half), server),
        pool(server.url) as upstream,
    ):
        first = await upstream.send(POST)
        second = await upstream.send(POST)
        await first.close()
        assert (await first.read(), await first.read(), await second.read()) == (b"ok", b"", b"half")
        await first.close()
        assert (server.open, server.accepted) == (1, 1)
        await second.close()


async def test_closing_the_pool_ends_what_is_under_way() -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.gone()

    async with raw_server(handle, server):
        async with pool(server.url, connections=2) as upstream:
            asking = [asyncio.create_task(fault(upstream)) for _ in range(5)]
            await server.until_open(2)
        assert set(await asyncio.gather(*asking)) == {"upstream_unreachable"}
        assert await fault(upstream) == "upstream_unreachable"
        await server.until_open(0)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"),
        ("POST", b"HTTP/1.1 204 No\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 No\r\ncontent-length: 99\r\n\r\n"),
    ],
)
async def test_an_answer_without_a_body_has_ended_with_its_head(method: str, answer: bytes) -> None:
    server = RawServer()
    async with raw_server(server.answering_with(answer), server), pool(server.url) as upstream:
        for _ in range(2):
            async with opened(upstream, UpstreamRequest(method, b"/v1/x", [])) as got:
                assert got.ended
                assert await got.read() == b""


async def test_a_server_that_hangs_up_at_once_is_a_fault_without_a_leak() -> None:
    async def handle(peer: Peer) -> None:
        pass

    async with raw_server(handle) as server, pool(server.url) as upstream:
        for _ in range(5):
            assert await fault(upstream) in ("upstream_unreachable", "upstream_protocol")
        await server.until_open(0)
        assert upstream.open_connections == 0


async def steps(upstream: PooledUpstream, turns: int) -> bool:
    """Ask, and hang up after so many turns of the loop; say whether the answer was there before."""
    task = asyncio.create_task(ask(upstream))
    for _ in range(turns):
        await asyncio.sleep(0)
    done = not task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return done


@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
async def test_a_cancellation_at_any_moment_leaks_nothing(kept: bool) -> None:
    server = RawServer()

    async def handle(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(CHUNKED[:9], CHUNKED[9:], b"2\r\n", b"ok", b"\r\n0\r\n", b"\r\n")

    async with raw_server(handle, server), pool(server.url, connections=1) as upstream:
        for turns in range(400):
            if kept:
                assert await ask(upstream) == b"ok"
            done = await steps(upstream, turns)
            await server.until_open(upstream.open_connections)
            if done:
                break
        else:
            pytest.fail("the answer never came")
        assert turns > 5
        assert await ask(upstream) == b"ok"
        assert (upstream.open_connections, server.open) == (1, 1)


async def test_many_at_once_with_hang_ups_on_both_sides() -> None:
    server, dice = RawServer(), random.Random(11)
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [b"data: x\n\n" * 50] * 20)

    async def handle(peer: Peer) -> None:
        while True:
            request = await peer.request()
            fate = dice.random()
            if fate < 0.1:
                return
            number = request.split(b" ")[1]
            await peer.send(CHUNKED, b"%x\r\n%s\r\n" % (len(number), number))
            if fate < 0.2:
                return
            await peer.send(body, b"0\r\n\r\n")

    async def one(upstream: PooledUpstream, number: int) -> None:
        target = b"/v1/%d" % number
        try:
            async with opened(upstream, UpstreamRequest("POST", target, [], b"{}")) as answer:
                first = await answer.read()
                assert first.startswith(target)
                if dice.random() < 0.2:
                    return
                assert len(first + await whole(answer)) == len(target) + 9 * 50 * 20
        except UpstreamFault as caught:
            assert caught.code == "upstream_protocol"  # noqa: PT017 - only some of them end so

    async def worker(upstream: PooledUpstream, start: int) -> None:
        for number in range(start, start + 8):
            task = asyncio.create_task(one(upstream, number))
            if dice.random() < 0.2:
                for _ in range(dice.randrange(20)):
                    await asyncio.sleep(0)
                task.cancel()
            done = await asyncio.gather(task, return_exceptions=True)
            assert done[0] is None or isinstance(done[0], asyncio.CancelledError)

    async with raw_server(handle, server), pool(server.url, connections=16) as upstream:
        await asyncio.gather(*(worker(upstream, 100 * number) for number in range(64)))
        await server.until_open(upstream.open_connections)
        assert upstream.open_connections == upstream.idle_connections <= 16
    await server.until_open(0)
