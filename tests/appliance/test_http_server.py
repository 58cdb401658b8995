"""The server of the data path: what it tells an app, what it writes, and what it does with clients."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.appliance import http_protocol
from sluicegate.middleware.asgi import GONE, SAME_HEAD, Receive, Scope, Send
from tests.appliance.http_servers import Serve, ours, uvicorns

POST = b"POST /p?q=1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\ncontent-length: %d\r\n\r\n%b"
CLOSE = b"GET /end HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"


def post(body: bytes) -> bytes:
    return POST % (len(body), body)


type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Answers with what it was told, and keeps the scopes."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        told = b"%s %s|" % (scope["method"].encode(), scope["raw_path"]) + body
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(told))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})


@asynccontextmanager
async def connected(
    serve: Serve, app: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(30), serve(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.close()


async def talk(serve: Serve, app: Any, *pieces: bytes) -> bytes:
    """Write the pieces one after the other and return what comes back until the server closes."""
    async with connected(serve, app) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            # let the server see the piece by itself
            await asyncio.sleep(0)
        return await reader.read()


async def one(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one answer of known length: head, body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(length)


def bodies(answer: bytes) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.binary(max_size=40), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
def test_however_requests_are_cut_both_servers_tell_an_app_the_same(
    texts: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(map(post, texts)) + CLOSE
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(edges)]

    async def run() -> tuple[list[bytes], list[bytes]]:
        return bodies(await talk(ours, Echo(), *pieces)), bodies(await talk(uvicorns, Echo(), stream))

    mine, theirs = asyncio.run(run())
    assert mine == theirs == [*(b"POST /p|" + text for text in texts), b"GET /end|"]


async def test_a_repeated_head_is_known_again_and_shares_what_was_kept() -> None:
    app = Echo()
    async with connected(ours, app) as (reader, writer):
        for text in (b"one", b"two", b"three!"):
            writer.write(post(text))
            assert (await one(reader))[1] == b"POST /p|" + text
    shared = [scope["extensions"][SAME_HEAD] for scope in app.scopes]
    assert shared[0] is shared[1] is shared[2]
    lengths = [dict(scope["headers"])[b"content-length"] for scope in app.scopes]
    assert lengths == [b"3", b"3", b"6"]
    without = [
        {key: value for key, value in scope.items() if key not in ("headers", "extensions")}
        for scope in app.scopes
    ]
    assert without[0] == without[1] == without[2]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        pytest.param(POST.replace(b"X-One: 1", b"X-One: 2") % (2, b"ab"), b"POST /p|ab", id="a value"),
        pytest.param(POST.replace(b"/p?q=1", b"/o?q=1") % (2, b"ab"), b"POST /o|ab", id="the path"),
        pytest.param(POST.replace(b"X-One", b"x-one") % (2, b"ab"), b"POST /p|ab", id="the case of a name"),
        pytest.param(
            POST.replace(b"X-One: 1", b"X-One: 1\r\nX-Two: 2") % (2, b"ab"), b"POST /p|ab", id="one more"
        ),
        pytest.param(
            b"POST /p HTTP/1.1\r\nHost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            b"POST /p|ab",
            id="another framing",
        ),
    ],
)
async def test_a_head_that_differs_is_read_anew(other: bytes, told: bytes) -> None:
    app = Echo()
    async with connected(ours, app) as (reader, writer):
        for request, expected in (
            (post(b"1"), b"POST /p|1"),
            (other, told),
            (other, told),
            (post(b"2"), b"POST /p|2"),
        ):
            writer.write(request)
            assert (await one(reader))[1] == expected
    kept = [id(scope["extensions"].get(SAME_HEAD)) for scope in app.scopes]
    assert kept[0] != kept[1]
    assert kept[0] != kept[3]


@pytest.mark.parametrize(
    "length",
    [b"+2", b"-2", b"0x2", b"2 2", b"", b"1_0", b"99999999999999999999"],
    ids=repr,
)
async def test_a_repeated_head_with_a_bad_length_is_refused(length: bytes) -> None:
    bad = POST.replace(b"%d", b"%b") % (length, b"ab")
    async with connected(ours, Echo()) as (reader, writer):
        writer.write(post(b"ab"))
        await one(reader)
        writer.write(bad)
        answer = await reader.read()
    assert answer.startswith((b"HTTP/1.1 400 ", b""))
    assert b"POST /p|" not in answer


async def test_what_follows_a_repeated_request_is_a_request() -> None:
    app = Echo()
    async with connected(ours, app) as (reader, writer):
        writer.write(post(b"ab"))
        await one(reader)
        writer.write(post(b"cd") + post(b"ef") + post(b"gh")[:20])
        assert (await one(reader))[1] == b"POST /p|cd"
        assert (await one(reader))[1] == b"POST /p|ef"
        writer.write(post(b"gh")[20:])
        assert (await one(reader))[1] == b"POST /p|gh"


async def test_an_answer_without_a_length_is_chunked() -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]})
        for text in (b"one", b"", b"two"):
            await send({"type": "http.response.body", "body": text, "more_body": True})
        await send({"type": "http.response.body"})

    answer = await talk(ours, app, CLOSE)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert b"x-a: b" in head
    assert b"date: " in head
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


async def test_http_1_0_gets_a_plain_body_and_the_end_of_the_connection() -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"text"})

    answer = await talk(ours, app, b"GET / HTTP/1.0\r\n\r\n")
    assert answer.endswith(b"\r\n\r\ntext")
    assert b"chunked" not in answer
    assert b"connection: close" in answer


async def test_head_and_304_have_no_body() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        status = 304 if scope["path"] == "/304" else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"text"})

    head = b"HEAD / HTTP/1.1\r\nhost: h\r\n\r\n"
    answer = await talk(ours, app, head, CLOSE.replace(b"/end", b"/304"))
    assert answer.count(b"HTTP/1.1 ") == 2
    assert b"text" not in answer


async def test_a_client_that_waits_is_told_to_go_on() -> None:
    head = CLOSE.replace(b"GET /end", b"POST /p")[:-2] + b"expect: 100-Continue\r\ncontent-length: 2\r\n\r\n"
    async with connected(ours, Echo()) as (reader, writer):
        writer.write(head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert (await reader.read()).endswith(b"POST /p|ab")


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        pytest.param([], 500, id="nothing"),
        pytest.param([{"type": "http.response.body", "body": b"x"}], 500, id="body before head"),
        pytest.param([("a", b"b\r\nx: y")], 500, id="line break in a value"),
        pytest.param([("a\n", b"b")], 500, id="line break in a name"),
        pytest.param([("content-length", b"3"), b"abcd"], 500, id="body too long"),
        pytest.param([("content-length", b"3"), b"ab"], 500, id="body too short"),
    ],
)
async def test_an_app_that_breaks_its_word_is_answered_for(
    messages: list[Any], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            if isinstance(message, tuple):
                field = (message[0].encode(), message[1])
                await send({"type": "http.response.start", "status": 200, "headers": [field]})
            elif isinstance(message, bytes):
                await send({"type": "http.response.body", "body": message})
            else:
                await send(message)

    with caplog.at_level(logging.CRITICAL):
        answer = await talk(ours, app, CLOSE.replace(b"connection: close", b"x: y"))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1") == 1


async def test_an_answer_cut_off_closes_the_connection() -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        raise ValueError("secret words")

    async with connected(ours, app) as (reader, writer):
        writer.write(post(b"x"))
        seen = b""
        with suppress(ConnectionError):
            while piece := await reader.read(100):
                seen += piece
    assert not seen.endswith(b"0\r\n\r\n")
    assert b"secret" not in seen


async def test_a_client_that_leaves_is_told_of_at_once() -> None:
    left: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    ready = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][GONE]["subscribe"](lambda: left.set_result(True))
        await receive()
        ready.set()
        assert (await receive())["type"] == "http.disconnect"
        with pytest.raises(OSError, match="gone"):
            await send({"type": "http.response.start", "status": 200, "headers": []})

    async with connected(ours, app) as (_, writer):
        writer.write(post(b"x"))
        await ready.wait()
        writer.close()
        assert await left


async def test_a_slow_reader_holds_the_app_back() -> None:
    sent = 0
    blocked = asyncio.Event()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _number in range(400):
            asyncio.get_running_loop().call_soon(blocked.set)
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            sent += 1
        await send({"type": "http.response.body"})

    async with connected(ours, app) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport can
        writer.write(post(b"x"))
        before = -1
        while sent != before:
            before = sent
            blocked.clear()
            for _ in range(200):
                await asyncio.sleep(0)
        assert sent < 400
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        received = 0
        while received < 40_000_000:
            received += len(await reader.read(1 << 20))
        assert sent == 400


async def test_more_requests_than_may_wait_end_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "MOST_PIPELINED", 3)
    release = asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await release.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with connected(ours, app) as (reader, writer):
        writer.write(post(b"x") * 20)
        asyncio.get_running_loop().call_later(0.05, release.set)
        answer = await reader.read()
    assert answer.count(b"HTTP/1.1 204") <= 5
    assert b"HTTP/1.1 4" in answer


async def test_a_request_leaves_nothing_to_collect() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        def tell() -> None:
            """Hold on to what holds on to us."""
            kept.clear()

        kept: list[object] = [scope, send]
        scope["extensions"][GONE]["subscribe"](tell)
        await Echo()(scope, receive, send)

    async with connected(ours, app) as (reader, writer):
        writer.write(post(b"1"))
        await one(reader)
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for _ in range(5):
                writer.write(post(b"1"))
                await one(reader)
            gc.collect()
            left = [type(item).__name__ for item in gc.garbage]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert "HttpRequest" not in left
