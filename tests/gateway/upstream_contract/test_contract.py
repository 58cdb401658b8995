"""What every client of upstreams keeps, shown on real sockets."""

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.base import Upstream, UpstreamRequest
from tests.fakes.http_server import Answer, Gate, HttpServer, Piece, Received, Reset
from tests.gateway.answers import opened, pieces_of, whole
from tests.gateway.upstream_contract.clients import CLIENTS, Open

REQUEST = UpstreamRequest(
    "POST",
    b"/v1/chat/completions",
    [
        (b"content-type", b"application/json"),
        (b"authorization", b"Bearer k"),
        (b"accept-encoding", b"identity"),
    ],
    b'{"model":"m"}',
)
SSE = "text/event-stream"

type Serve = Callable[[Answer | Callable[[Received], Answer]], HttpServer]


@pytest.fixture(params=sorted(CLIENTS))
def client(request: pytest.FixtureRequest) -> Open:
    return CLIENTS[request.param]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(answer: Answer | Callable[[Received], Answer]) -> HttpServer:
            respond = (lambda _: answer) if isinstance(answer, Answer) else answer
            return stack.enter_context(HttpServer(respond))

        yield start


def url(server: HttpServer) -> str:
    return f"http://127.0.0.1:{server.port}/v1"


async def waited(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, 20.0)


async def ended(server: HttpServer) -> str:
    return await asyncio.to_thread(server.exchanges[-1].wait)


async def fault(client: Open, server_url: str, **limits: float) -> UpstreamFault:
    async with client(server_url, **limits) as upstream:
        with pytest.raises(UpstreamFault) as caught:
            await read(upstream)
    assert caught.value.__cause__ is None
    return caught.value


async def read(upstream: Upstream, request: UpstreamRequest = REQUEST) -> bytes:
    async with opened(upstream, request) as answer:
        return await whole(answer)


async def test_a_request_is_sent_as_it_is(client: Open, serve: Serve) -> None:
    server = serve(Answer([b'{"ok":1}'], headers=(("X-Request-Id", "r1"),)))
    async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
        chunks = await pieces_of(answer)
    assert (answer.status, b"".join(chunks)) == (200, b'{"ok":1}')
    assert (b"x-request-id", b"r1") in answer.headers
    got = server.requests[0]
    assert (got.method, got.path, got.raw) == ("POST", "/v1/chat/completions", REQUEST.body)
    assert dict(got.headers) == {
        "host": f"127.0.0.1:{server.port}", "content-length": "13", "content-type": "application/json",
        "authorization": "Bearer k", "accept-encoding": "identity",
    }  # fmt: skip


async def test_the_target_is_sent_byte_for_byte(client: Open, serve: Serve) -> None:
    server = serve(Answer([b"{}"]))
    target = b"/v1/models/ft%3Agpt:x@1,b=c+d*(e)!$&'~?api-version=1&beta=true"
    async with client(url(server)) as upstream:
        await read(upstream, UpstreamRequest("GET", target, []))
    assert server.requests[0].path.encode() == target


async def test_many_requests_share_a_client(client: Open, serve: Serve) -> None:
    server = serve(lambda received: Answer([received.raw]))

    async with client(url(server)) as upstream:

        async def ask(number: int) -> bytes:
            return await read(upstream, UpstreamRequest("POST", b"/v1/x", [], b"%d" % number))

        assert await asyncio.gather(*map(ask, range(30))) == [b"%d" % number for number in range(30)]


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("status", [200, 404, 500])
async def test_every_framing_and_status_is_an_answer(
    client: Open, serve: Serve, framing: str, status: int
) -> None:
    body = [b"a" * 70_000, b"b" * 70_000]
    server = serve(Answer(body, status=status, framing=framing))  # type: ignore[arg-type]  # a table of literals
    async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
        assert answer.status == status
        assert await whole(answer) == b"".join(body)


async def test_pieces_come_as_they_are_sent(client: Open, serve: Serve) -> None:
    gates = [Gate(), Gate()]
    pieces: list[Piece] = [b"data: 1\n\n", gates[0], b"data: 2\n\n", gates[1], b"data: [DONE]\n\n"]
    server = serve(Answer(pieces, content_type=SSE, framing="chunked"))
    async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
        assert await answer.read() == b"data: 1\n\n"
        gates[0].open()
        assert await answer.read() == b"data: 2\n\n"
        gates[1].open()
        assert await pieces_of(answer) == [b"data: [DONE]\n\n"]


async def test_the_head_comes_before_the_body(client: Open, serve: Serve) -> None:
    gate = Gate()
    server = serve(Answer([gate, b"data: 1\n\n"], content_type=SSE, framing="chunked"))
    async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
        assert (answer.status, gate.opened.done()) == (200, False)
        gate.open()
        assert await pieces_of(answer) == [b"data: 1\n\n"]


async def test_an_interim_answer_is_not_the_answer(client: Open, serve: Serve) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    async with client(url(serve(Answer([interim + final], framing="raw")))) as upstream:
        assert await read(upstream) == b"ok"


@pytest.mark.parametrize(
    ("pieces", "framing"),
    [
        pytest.param([], "raw", id="closes without a byte"),
        pytest.param([Reset()], "raw", id="resets"),
        pytest.param([b"\x16\x03\x01 no\r\n\r\n"], "raw", id="no HTTP"),
        pytest.param([b"HTTP/1.1 200 OK\r\ncontent-le"], "raw", id="half a head"),
        pytest.param([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"], "raw", id="half a body"),
        pytest.param([b"data: 1\n\n"], "unfinished", id="no last chunk"),
        pytest.param([b"data: 1\n\n", Reset()], "chunked", id="resets in the body"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc"], "raw", id="two lengths"
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"], "raw", id="no chunk size"
        ),
        pytest.param([b"HTTP/1.1 200 OK\r\nx: " + b"a" * 2_000_000], "raw", id="a head without end"),
        pytest.param([b"HTTP/1.1 999999 OK\r\n\r\n"], "raw", id="no status"),
    ],
)
async def test_what_is_not_http_is_a_protocol_fault(
    client: Open, serve: Serve, pieces: list[Piece], framing: str
) -> None:
    server = serve(Answer(pieces, framing=framing))  # type: ignore[arg-type]  # a table of literals
    error = await fault(client, url(server))
    assert (error.status, error.code) == (502, "upstream_protocol")


async def test_nobody_there_is_unreachable(client: Open) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        error = await fault(client, f"http://127.0.0.1:{bound.getsockname()[1]}/v1")
    assert (error.status, error.code) == (502, "upstream_unreachable")


async def test_no_such_host_is_unreachable(client: Open) -> None:
    error = await fault(client, "http://nowhere.invalid/v1")
    assert error.code == "upstream_unreachable"


@pytest.mark.parametrize("limits", [{"silence": 0.05}, {"total": 0.05}])
@pytest.mark.parametrize("before", [[], [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"]])
async def test_silence_is_a_timeout(
    client: Open, serve: Serve, limits: dict[str, float], before: list[bytes]
) -> None:
    server = serve(Answer([*before, Gate()], framing="raw"))
    error = await fault(client, url(server), **limits)
    assert (error.status, error.code) == (504, "upstream_timeout")


async def test_the_total_bounds_an_upstream_that_trickles(client: Open, serve: Serve) -> None:
    def forever() -> Iterator[bytes]:
        while True:
            yield b"data: x\n\n"

    server = serve(Answer(forever(), content_type=SSE, framing="chunked"))
    error = await fault(client, url(server), total=0.2)
    assert error.code == "upstream_timeout"
    assert await ended(server) == "aborted"


async def test_a_cancelled_call_closes_the_connection(client: Open, serve: Serve) -> None:
    gate = Gate()
    server = serve(Answer([b"data: 1\n\n", gate], content_type=SSE, framing="chunked"))
    async with client(url(server)) as upstream:
        task = asyncio.create_task(read(upstream))
        assert await waited(gate.reached)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.open()
        assert await ended(server) == "aborted"


async def test_a_call_cancelled_before_the_head_closes_the_connection(client: Open, serve: Serve) -> None:
    gate = Gate()
    server = serve(Answer([gate, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"], framing="raw"))
    async with client(url(server)) as upstream:
        task = asyncio.create_task(upstream.send(REQUEST))
        assert await waited(gate.reached)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.open()
        assert await ended(server) == "aborted"


async def test_leaving_early_closes_the_connection(client: Open, serve: Serve) -> None:
    def forever() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    server = serve(Answer(forever(), framing="chunked"))
    async with client(url(server)) as upstream:
        async with opened(upstream, REQUEST) as answer:
            await answer.read()
        assert await ended(server) == "aborted"


async def test_a_cancellation_while_leaving_still_closes_the_connection(client: Open, serve: Serve) -> None:
    def forever() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    server = serve(Answer(forever(), framing="chunked"))
    async with client(url(server)) as upstream:
        answer = await upstream.send(REQUEST)
        await answer.read()
        leaving = asyncio.create_task(answer.close())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert await ended(server) == "aborted"


async def test_errors_of_the_caller_stay_the_callers(client: Open, serve: Serve) -> None:
    server = serve(Answer([b"{}"]))
    for error in (TimeoutError("mine"), OSError("mine"), ValueError("mine")):
        async with client(url(server)) as upstream:
            with pytest.raises(type(error), match="mine"):
                async with opened(upstream, REQUEST):
                    raise error


async def test_it_reads_no_faster_than_it_is_read(client: Open, serve: Serve) -> None:
    sent = 0

    def counted() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2_000):
            sent += 1
            yield b"x" * 65_536

    server = serve(Answer(counted(), framing="chunked"))
    async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
        await answer.read()
        before, settled = -1, 0
        while settled < 5:
            settled = settled + 1 if sent == before else 0
            before = sent
            await asyncio.to_thread(threading.Event().wait, 0.02)
        assert sent < 1_000
    assert await ended(server) == "aborted"


RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("encoding", "encoded"),
    [
        pytest.param("gzip", gzip.compress(b"hello " * 50_000), id="gzip"),
        pytest.param("X-GZIP", gzip.compress(b"hello " * 50_000), id="old name"),
        pytest.param("deflate", zlib.compress(b"hello " * 50_000), id="deflate"),
        pytest.param(
            "deflate", RAW_DEFLATE.compress(b"hello " * 50_000) + RAW_DEFLATE.flush(), id="raw deflate"
        ),
        pytest.param("identity", b"hello " * 50_000, id="identity"),
        pytest.param("", b"hello " * 50_000, id="empty"),
    ],
)
async def test_an_encoding_nobody_asked_for_is_undone(
    client: Open, serve: Serve, encoding: str, encoded: bytes
) -> None:
    headers = (("content-encoding", encoding),)
    for cut in (1, 7, len(encoded)):
        pieces = [encoded[:cut], encoded[cut:]]
        server = serve(Answer(pieces, headers=headers, framing="chunked"))
        async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
            assert b"content-encoding" not in {name for name, _ in answer.headers}
            chunks = await pieces_of(answer)
        assert b"".join(chunks) == b"hello " * 50_000
        assert max(map(len, chunks)) <= 300_000


async def test_an_encoded_stream_is_undone_as_it_comes(client: Open, serve: Serve) -> None:
    packer, gate = zlib.compressobj(wbits=31), Gate()
    first = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    rest = packer.compress(b"data: 2\n\n") + packer.flush()
    answer_ = Answer(
        [first, gate, rest], content_type=SSE, headers=(("content-encoding", "gzip"),), framing="chunked"
    )
    async with client(url(serve(answer_))) as upstream, opened(upstream, REQUEST) as answer:
        assert await answer.read() == b"data: 1\n\n"
        gate.open()
        assert await whole(answer) == b"data: 2\n\n"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("br", b"xxxx", id="brotli"),
        pytest.param("zstd", b"xxxx", id="zstd"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"{}")), id="twice"),
        pytest.param("gzip", b"not gzip at all", id="no gzip"),
        pytest.param("gzip", gzip.compress(b"{}" * 100)[:-9], id="cut short"),
        pytest.param("gzip", gzip.compress(b"{}") + b"more", id="more behind it"),
    ],
)
async def test_an_encoding_that_is_not_read_is_a_fault(
    client: Open, serve: Serve, encoding: str, body: bytes
) -> None:
    server = serve(Answer([body], headers=(("content-encoding", encoding),)))
    error = await fault(client, url(server))
    assert error.code == "upstream_protocol"


async def test_a_small_body_that_unpacks_large_comes_in_bounded_pieces(client: Open, serve: Serve) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server = serve(Answer([bomb], headers=(("content-encoding", "gzip"),)))
    async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
        for _ in range(20):
            assert len(await answer.read()) <= 65_536


async def test_wall_10_a_redirect_is_not_followed(client: Open, serve: Serve) -> None:
    elsewhere = serve(Answer([b"{}"]))
    for status in (301, 302, 303, 307, 308):
        server = serve(Answer(status=status, headers=(("location", url(elsewhere)),)))
        async with client(url(server)) as upstream, opened(upstream, REQUEST) as answer:
            assert answer.status == status
    assert elsewhere.requests == []


async def test_wall_10_the_environment_names_no_proxy_and_no_credential(
    client: Open, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    proxy, server = serve(Answer([b"{}"])), serve(Answer([b"{}"]))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="ascii") as file:  # noqa: ASYNC230, PTH123 - a line for the test
        file.write("machine 127.0.0.1 login user password hunter2\n")
    monkeypatch.setenv("NETRC", netrc)
    request = UpstreamRequest("GET", b"/v1/models", [])
    async with client(url(server)) as upstream, opened(upstream, request) as answer:
        assert answer.status == 200
    assert proxy.requests == []
    assert server.requests[0].header("authorization") is None


async def test_wall_10_a_request_cannot_name_another_host(client: Open, serve: Serve) -> None:
    elsewhere, server = serve(Answer([b"{}"])), serve(Answer([b"{}"]))
    other = f"//127.0.0.1:{elsewhere.port}/x"
    async with client(url(server)) as upstream:
        await read(upstream, UpstreamRequest("GET", other.encode(), []))
        for target in ("http:" + other, "@evil/x", "", "*"):
            with pytest.raises(ValueError, match="target"):
                await read(upstream, UpstreamRequest("GET", target.encode(), []))
    assert elsewhere.requests == []
    assert [received.header("host") for received in server.requests] == [f"127.0.0.1:{server.port}"]


async def test_no_cookie_is_kept(client: Open, serve: Serve) -> None:
    server = serve(Answer([b"{}"], headers=(("set-cookie", "a=1; Path=/"),)))
    async with client(url(server)) as upstream:
        for _ in range(2):
            await read(upstream)
    assert server.requests[1].header("cookie") is None
