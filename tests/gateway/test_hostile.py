"""Clients and upstreams that misbehave, over real sockets on both sides."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from sluicegate.detection.inspection import Inspector
from sluicegate.detection.testing import FakeInspector, FakeStreamGuard
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.timeouts import Timeouts
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.limits import Limits
from tests.fakes.http_server import Answer, Gate, HttpServer, Piece
from tests.gateway.parts import Ports
from tests.gateway.serving import connected, served
from tests.middleware.client import KEY

BODY = b'{"model":"m"}'
SSE = "text/event-stream"


def post(*lines: str, body: bytes = BODY, path: str = "/v1/chat/completions", length: bool = True) -> bytes:
    head = [f"POST {path} HTTP/1.1", "host: localhost", f"authorization: Bearer {KEY}"]
    head += ["content-type: application/json", *lines]
    head += [f"content-length: {len(body)}"] if length else []
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass(slots=True)
class Place:
    """A served gateway, its ports and its upstream."""

    port: int
    ports: Ports
    upstream: HttpServer

    async def outcomes(self, count: int = 1) -> list[str]:
        """Outcomes of the first exchanges, once there are so many."""
        async with asyncio.timeout(20.0):
            while len(self.ports.audit.entries) < count:  # noqa: ASYNC110 - the fake has no event
                await asyncio.sleep(0.005)
        return [entry.outcome for entry in self.ports.audit.entries]

    async def aborted(self) -> bool:
        return await asyncio.to_thread(self.upstream.exchanges[-1].wait) == "aborted"


@asynccontextmanager
async def gateway(
    answer: Answer, *, inspector: Inspector | None = None, limits: Limits | None = None, silence: float = 30.0
) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        upstream = stack.enter_context(HttpServer(lambda _: answer))
        base_url = f"http://127.0.0.1:{upstream.port}/v1"
        client = PooledUpstream(
            base_url, timeouts=Timeouts(connect=5.0, first_byte=silence, silence=silence, total=60.0)
        )
        stack.push_async_callback(client.close)
        ports = Ports(limits=limits or Limits())
        ports.inspector = inspector or FakeInspector()
        parts = ports.parts([(UpstreamSpec("fake", "openai", base_url, "k"), client)])
        port = await stack.enter_async_context(served(proxy_app(parts)))
        yield Place(port, ports, upstream)


async def waited(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, 20.0)


def stream(*pieces: Piece) -> Answer:
    return Answer(pieces, content_type=SSE, framing="chunked")


async def test_a_stream_reaches_the_client_as_it_comes() -> None:
    gate = Gate()
    async with gateway(stream(b"data: 1\n\n", gate, b"data: [DONE]\n\n")) as place:
        async with connected(place.port) as wire:
            await wire.write(post())
            head = await wire.until(b"data: 1\n\n")
            assert b"transfer-encoding: chunked" in head
            gate.open()
            assert b"data: [DONE]\n\n" in await wire.until(b"0\r\n\r\n")
        assert await place.outcomes() == ["complete"]


async def test_a_client_that_leaves_in_mid_stream_stops_the_upstream() -> None:
    gate = Gate()
    answer = stream(b"data: 1\n\n", gate, b"data: 2\n\n")
    async with gateway(answer) as place, connected(place.port) as wire:
        await wire.write(post())
        await wire.until(b"data: 1\n\n")
        wire.abort()
        assert await place.outcomes() == ["client_gone"]
        gate.open()
        assert await place.aborted()


async def test_a_client_that_leaves_behind_the_mark_of_the_end_had_it_all() -> None:
    gate = Gate()
    async with gateway(stream(b"data: 1\n\n", b"data: [DONE]\n\n", gate)) as place:
        async with connected(place.port) as wire:
            await wire.write(post())
            await wire.until(b"data: [DONE]\n\n")
            wire.abort()
            assert await place.outcomes() == ["complete"]
        gate.open()


async def test_a_client_that_leaves_before_the_answer_stops_the_upstream() -> None:
    gate = Gate()
    answer = Answer([gate, b"HTTP/1.1 200 OK\r\n\r\n"], framing="raw")
    async with gateway(answer) as place, connected(place.port) as wire:
        await wire.write(post())
        assert await waited(gate.reached)
        await wire.close()
        assert await place.outcomes() == ["client_gone"]
        gate.open()
        assert await place.aborted()


async def test_a_client_that_does_not_read_holds_the_upstream_back() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(4_000):
            sent += 1
            yield b"data: " + b"x" * 65_536 + b"\n\n"

    answer = Answer(endless(), content_type=SSE, framing="chunked")
    async with gateway(answer) as place, connected(place.port) as wire:
        await wire.write(post())
        await wire.until(b"data: x")
        before, settled = -1, 0
        async with asyncio.timeout(60.0):
            while settled < 10:
                settled = settled + 1 if sent == before else 0
                before = sent
                await asyncio.sleep(0.02)
        assert sent < 2_000
        wire.abort()
        assert await place.outcomes() == ["client_gone"]
        assert await place.aborted()


async def test_a_blocked_stream_ends_for_both_sides() -> None:
    def endless() -> Iterator[bytes]:
        yield b"data: fine\n\n"
        yield b"data: attack\n\n"
        while True:
            yield b"data: more\n\n"

    answer = Answer(endless(), content_type=SSE, framing="chunked")
    async with gateway(answer, inspector=FakeInspector(block=(b"attack",))) as place:
        async with connected(place.port) as wire:
            await wire.write(post("connection: close"))
            got = await wire.rest()
        assert FakeStreamGuard.END in got
        assert b"attack" not in got
        assert got.endswith(b"0\r\n\r\n")
        assert await place.outcomes() == ["stopped"]
        assert await place.aborted()


async def test_an_upstream_that_breaks_off_ends_in_an_error_event() -> None:
    answer = Answer([b"data: 1\n\n"], content_type=SSE, framing="unfinished")
    async with gateway(answer) as place, connected(place.port) as wire:
        await wire.write(post("connection: close"))
        got = await wire.rest()
        assert b'"upstream_protocol"' in got
        assert got.endswith(b"0\r\n\r\n")
        assert await place.outcomes() == ["upstream_error"]


async def test_an_upstream_that_falls_silent_in_mid_stream_ends_in_an_error_event() -> None:
    gate = Gate()
    async with gateway(stream(b"data: 1\n\n", gate), silence=0.1) as place, connected(place.port) as wire:
        await wire.write(post("connection: close"))
        got = await wire.rest()
        assert b"The upstream did not answer in time." in got
        assert await place.outcomes() == ["upstream_error"]
        gate.open()


async def test_a_body_that_trickles_is_408() -> None:
    async with gateway(Answer([b"{}"]), limits=Limits(body_seconds=0.1)) as place:
        async with connected(place.port) as wire:
            await wire.write(post(body=BODY)[: -len(BODY)] + BODY[:3])
            got = await wire.rest()
        assert got.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in got
        assert place.upstream.requests == []


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_client_gets_to_read_that_its_body_is_too_large(chunked: bool) -> None:
    body = b"x" * 3_000_000
    if chunked:
        request = post(
            "transfer-encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), length=False
        )
    else:
        request = post(body=body)
    async with gateway(Answer([b"{}"]), limits=Limits(request_bytes=1_000_000)) as place:
        async with connected(place.port) as wire:
            await wire.write(request)
            head, _, answer = (await wire.rest()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 413 ")
        assert json.loads(answer)["error"]["code"] == "body_too_large"
        assert place.upstream.requests == []


SMUGGLED = b"POST /v1/embeddings HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(
            post("transfer-encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED), id="length and coding"
        ),
        pytest.param(post("content-length: 3"), id="two lengths"),
        pytest.param(post("transfer-encoding: chunked, chunked", length=False), id="coding twice"),
        pytest.param(post("transfer-encoding: xchunked", length=False), id="unknown coding"),
        pytest.param(post("transfer-encoding : chunked"), id="blank before the colon"),
        pytest.param(post("transfer-encoding:\x0bchunked"), id="control before the value"),
        pytest.param(post("content-length: +3", length=False), id="signed length"),
        pytest.param(post("x: y\r\n folded"), id="folded line"),
        pytest.param(post("x: a\0b"), id="NUL in a value"),
    ],
)
async def test_wall_8_an_ambiguous_request_reaches_nobody(request_: bytes) -> None:
    async with gateway(Answer([b"{}"])) as place:
        async with connected(place.port) as wire:
            await wire.write(request_)
            wire.writer.write_eof()
            got = await wire.rest()
        assert got.count(b"HTTP/1.1 ") == got.count(b"HTTP/1.1 4")
        assert place.upstream.requests == []


async def test_two_requests_on_one_connection_keep_apart() -> None:
    async with gateway(Answer([b'{"a":1}'])) as place, connected(place.port) as wire:
        for _ in range(3):
            await wire.write(post())
            assert b"HTTP/1.1 200" in await wire.until(b'{"a":1}')
        assert await place.outcomes(3) == ["complete"] * 3
