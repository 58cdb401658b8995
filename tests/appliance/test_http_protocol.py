"""The head of a request is bounded in bytes and in time, however it is sent."""

import asyncio

import pytest

from sluicegate.appliance import http_protocol, uvicorn_protocol
from sluicegate.middleware.asgi import Receive, Scope, Send
from tests.appliance.http_servers import Serve, ours, uvicorns

GOOD = b"GET /%s HTTP/1.1\r\nhost: h\r\n\r\n"
LAST = GOOD.replace(b"host: h", b"host: h\r\nconnection: close")
MOST = http_protocol.MOST_HEAD_BYTES


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path once the body is read."""
    while (await receive()).get("more_body"):
        pass
    body = scope["raw_path"][:20]
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(params=[ours, uvicorns])
def serve(request: pytest.FixtureRequest) -> Serve:
    """Both servers keep these bounds: ours for the data path, uvicorn for pages."""
    chosen: Serve = request.param
    return chosen


async def exchange(serve: Serve, *pieces: bytes) -> bytes:
    """Send pieces one after the other and return all that comes back until the server closes."""
    async with serve(app) as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


async def test_requests_within_bounds_are_served_one_after_the_other(serve: Serve) -> None:
    answer = await exchange(serve, GOOD % b"a" + GOOD % b"b", LAST % b"c")
    assert answer.count(b"200 OK") == 3
    assert b"server:" not in answer


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /%s HTTP/1.1\r\nhost: h\r\n\r\n" % (b"a" * MOST), id="path"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: h\r\nx: %s\r\n\r\n" % (b"a" * MOST), id="value"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: h\r\n%s: x\r\n\r\n" % (b"a" * MOST), id="name"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: h\r\n%s\r\n" % (b"x: y\r\n" * (MOST // 4)), id="many"),
    ],
)
@pytest.mark.parametrize("size", [1024, 10**9], ids=["in pieces", "at once"])
async def test_a_head_beyond_the_bound_is_refused(serve: Serve, head: bytes, size: int) -> None:
    pieces = [head[at : at + size] for at in range(0, len(head), size)]
    answer = await exchange(serve, *pieces)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"200 OK" not in answer


async def test_a_head_that_never_ends_is_refused(serve: Serve) -> None:
    async with serve(app) as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nx: " + b"a" * (2 * MOST))
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_the_bound_counts_each_head_alone_and_no_body(serve: Serve) -> None:
    body = b"x" * (2 * MOST)
    request = b"POST /p HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    near = b"GET /n HTTP/1.1\r\nhost: h\r\nx: %s\r\n\r\n" % (b"a" * (MOST - 1000))
    answer = await exchange(serve, request, near, near, request, LAST % b"l")
    assert answer.count(b"200 OK") == 5


async def test_what_is_not_http_is_refused(serve: Serve) -> None:
    assert (await exchange(serve, b"\x16\x03\x01\x02\x00\x01")).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", GOOD % b"a" + b"GET /b"], ids=["nothing", "half", "second"]
)
async def test_a_head_that_comes_too_late_ends_the_connection(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    for module in (http_protocol, uvicorn_protocol):
        monkeypatch.setattr(module, "HEAD_SECONDS", 0.2)
    async with serve(app) as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await reader.read()
        assert answer.count(b"HTTP/1.1") == sent.count(b"\r\n\r\n")
        writer.close()


async def test_a_body_may_take_longer_than_a_head(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http_protocol, uvicorn_protocol):
        monkeypatch.setattr(module, "HEAD_SECONDS", 0.05)
    async with serve(app) as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /slow HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n")
        loop = asyncio.get_running_loop()
        passed = asyncio.Event()
        loop.call_later(0.3, passed.set)
        await passed.wait()
        writer.write(b"ab")
        assert b"200 OK" in await reader.readuntil(b"/slow")
        writer.close()
