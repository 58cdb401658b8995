"""The breaker: when it opens, whom it lets through, and what counts."""

import asyncio
import socket

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.timeouts import Timeouts
from sluicegate.middleware.breaker import Breaker, Resting
from tests.gateway.answers import opened, whole
from tests.gateway.pool.raw_server import OK, Peer, RawServer, raw_server

POST = UpstreamRequest("POST", b"/v1/x", [], b"{}")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def broken(clock: Clock, failures: int = 3) -> Breaker:
    breaker = Breaker(failures=failures, rest=5.0, clock=clock)
    for _ in range(failures):
        assert not breaker.admit()
        breaker.failed()
    return breaker


def refusal(breaker: Breaker) -> Resting:
    with pytest.raises(Resting) as caught:
        breaker.admit()
    return caught.value


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(failures=3, clock=Clock())
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        assert (breaker.state, breaker.troubled) == ("closed", True)
        breaker.succeeded()
        assert not breaker.troubled
    for _ in range(3):
        assert not breaker.admit()
        breaker.failed()
    assert breaker.state == "open"


def test_an_open_one_says_when_to_come_back() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now += 2.0
    assert refusal(breaker).seconds == 3
    clock.now += 2.9
    assert refusal(breaker).seconds == 1


def test_after_the_rest_one_probe_passes() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now += 5.0
    assert (breaker.state, breaker.admit()) == ("half-open", True)
    assert refusal(breaker).seconds == 1
    breaker.succeeded()
    breaker.gave_up()
    assert (breaker.state, breaker.admit()) == ("closed", False)


def test_a_probe_that_fails_opens_it_anew() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now += 5.0
    assert breaker.admit()
    breaker.failed()
    breaker.gave_up()
    assert (breaker.state, refusal(breaker).seconds) == ("open", 5)


def test_a_probe_that_tells_nothing_leaves_room_for_another() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now += 5.0
    for _ in range(3):
        assert breaker.admit()
        breaker.gave_up()
    assert breaker.state == "half-open"


def client(url: str, breaker: Breaker, **times: float) -> PooledUpstream:
    return PooledUpstream(url, breaker=breaker, timeouts=Timeouts(**times), connections=4)


async def fault(upstream: PooledUpstream) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        async with opened(upstream, POST) as answer:
            await whole(answer)
    return caught.value


async def test_an_upstream_that_is_away_is_left_alone_and_found_again() -> None:
    clock, server = Clock(), RawServer()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        breaker = Breaker(failures=3, rest=5.0, clock=clock)
        upstream = client(f"http://127.0.0.1:{port}/v1", breaker)
        codes = [(await fault(upstream)).code for _ in range(5)]
        assert codes == ["upstream_unreachable"] * 3 + ["upstream_unavailable"] * 2
    async with raw_server(server.answering_with(OK), server):
        upstream = client(server.url, breaker)
        refused = await fault(upstream)
        assert (refused.status, refused.code, refused.retry_after) == (503, "upstream_unavailable", 5)
        clock.now += 5.0
        answer = await upstream.send(POST)
        assert (await whole(answer), breaker.state, breaker.troubled) == (b"ok", "closed", False)
        await upstream.close()


async def test_a_cancelled_probe_is_not_the_last_one() -> None:
    clock, server, silent = Clock(), RawServer(), asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            silent.set()
            await peer.gone()
        await peer.send(OK)

    async with raw_server(handle, server):
        breaker = broken(clock)
        upstream = client(server.url, breaker)
        clock.now += 5.0
        probe = asyncio.create_task(upstream.send(POST))
        await silent.wait()
        assert (await fault(upstream)).code == "upstream_unavailable"
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert await whole(await upstream.send(POST)) == b"ok"
        assert breaker.state == "closed"
        await upstream.close()


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        pytest.param(b"", True, id="closed without a byte"),
        pytest.param(b"HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno", False, id="an error"),
        pytest.param(b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno", False, id="by its own words"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nno", False, id="cut off in the body"),
        pytest.param(b"nonsense", False, id="no HTTP"),
    ],
)
async def test_what_counts_is_that_there_is_no_answer(answer: bytes, counts: bool) -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer)

    async with raw_server(handle) as server:
        breaker = Breaker(failures=2)
        upstream = client(server.url, breaker)
        for _ in range(2):
            try:
                async with opened(upstream, POST) as got:
                    await whole(got)
            except UpstreamFault as caught:
                assert caught.code == "upstream_protocol"  # noqa: PT017 - an error is an answer
        assert breaker.state == ("open" if counts else "closed")
        await upstream.close()


async def test_a_slow_answer_does_not_count() -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.gone()

    async with raw_server(handle) as server:
        breaker = Breaker(failures=1)
        upstream = client(server.url, breaker, first_byte=0.02)
        assert (await fault(upstream)).code == "upstream_timeout"
        assert breaker.state == "closed"
        await upstream.close()
