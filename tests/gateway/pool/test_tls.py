"""TLS to the upstream: whose certificate is believed, which name is asked for, and the proxy before it."""

import asyncio
import random
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.gateway.upstream.connect_proxy import ConnectProxy
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.resolver import Resolver
from sluicegate.gateway.upstream.timeouts import Timeouts
from tests.gateway.answers import opened, whole
from tests.gateway.pool.authority import Authority
from tests.gateway.pool.raw_server import OK, Handle, Peer, RawServer, raw_server, turned

POST = UpstreamRequest("POST", b"/v1/x", [(b"content-type", b"application/json")], b"{}")
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path)


async def home(_: str) -> list[str]:
    return ["127.0.0.1"]


@asynccontextmanager
async def upstream(
    server: RawServer,
    tls: ssl.SSLContext | None,
    host: str = "api.example",
    proxy: str | None = None,
    connect: float = 5.0,
) -> AsyncIterator[PooledUpstream]:
    scheme = "http" if tls is None else "https"
    client = PooledUpstream(
        f"{scheme}://{host}:{server.port}/v1",
        tls=tls,
        proxy=proxy,
        resolver=None if proxy else Resolver(host, lookup=home),
        timeouts=Timeouts(connect=connect),
    )
    try:
        yield client
    finally:
        await client.close()


async def ask(client: PooledUpstream) -> bytes:
    async with opened(client, POST) as answer:
        return await whole(answer)


async def fault(client: PooledUpstream) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        await ask(client)
    return caught.value


async def test_a_certificate_for_the_host_is_believed_and_the_connection_kept(authority: Authority) -> None:
    server, names = RawServer(), list[str | None]()
    context = authority.server("api.example")
    context.sni_callback = lambda _, name, __: names.append(name)
    async with (
        raw_server(server.answering_with(OK), server, context),
        upstream(server, authority.client()) as client,
    ):
        assert [await ask(client) for _ in range(3)] == [b"ok"] * 3
        assert (server.accepted, names) == (1, ["api.example"])


async def test_a_stream_comes_piece_by_piece_over_tls(authority: Authority) -> None:
    told = asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED, b"1\r\na\r\n")
        await told.wait()
        await peer.send(b"1\r\nb\r\n0\r\n\r\n")
        await peer.gone()

    async with (
        raw_server(handle, None, authority.server("127.0.0.1")) as server,
        upstream(server, authority.client(), "127.0.0.1") as client,
        opened(client, POST) as answer,
    ):
        assert await answer.read() == b"a"
        told.set()
        assert await whole(answer) == b"b"


@pytest.mark.parametrize("end", [b"surplus", OK, b""])
async def test_a_connection_that_may_not_be_used_again_is_closed_over_tls(
    authority: Authority, end: bytes
) -> None:
    server = RawServer()
    closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"
    answer = OK + end if end else closing
    async with (
        raw_server(server.answering_with(answer), server, authority.server("api.example")),
        upstream(server, authority.client()) as client,
    ):
        for number in range(1, 4):
            assert await ask(client) == b"ok"
            assert (server.accepted, client.open_connections) == (number, 0)
        await server.until_open(0)


async def test_large_bodies_travel_over_tls(authority: Authority) -> None:
    server, body = RawServer(), random.Random(5).randbytes(3_000_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
    async with (
        raw_server(server.answering_with(head + body), server, authority.server("api.example")),
        upstream(server, authority.client()) as client,
    ):
        for _ in range(2):
            async with opened(client, UpstreamRequest("POST", b"/v1/x", [], body)) as answer:
                assert await whole(answer) == body
        assert (server.accepted, [item.endswith(body) for item in server.requests]) == (1, [True, True])


@pytest.mark.parametrize("goodbye", [True, False])
async def test_an_idle_connection_the_server_closes_is_dropped_over_tls(
    authority: Authority, goodbye: bool
) -> None:
    server, told = RawServer(), asyncio.Event()

    async def handle(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(OK)
        if peer.number == 1:
            await told.wait()
        if goodbye:
            peer.writer.close()
            await peer.gone()

    async with (
        raw_server(handle, server, authority.server("api.example")),
        upstream(server, authority.client()) as client,
    ):
        assert await ask(client) == b"ok"
        told.set()
        await turned(lambda: not client.open_connections)
        assert await ask(client) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
async def test_a_certificate_for_another_host_is_not_believed(authority: Authority, host: str) -> None:
    server = RawServer()
    async with (
        raw_server(server.answering_with(OK), server, authority.server("api.example")),
        upstream(server, authority.client(), host) as client,
    ):
        caught = await fault(client)
        assert (caught.status, caught.code) == (502, "upstream_unreachable")
    assert server.requests == []


async def test_an_unknown_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    server = RawServer()
    other = Authority.create(tmp_path).client()
    async with (
        raw_server(server.answering_with(OK), server, authority.server("api.example")),
        upstream(server, other) as client,
    ):
        assert (await fault(client)).code == "upstream_unreachable"
    assert server.requests == []


async def test_a_server_without_tls_is_unreachable(authority: Authority) -> None:
    async def handle(peer: Peer) -> None:
        await peer.send(OK)

    async with raw_server(handle) as server, upstream(server, authority.client()) as client:
        assert (await fault(client)).code == "upstream_unreachable"


async def test_a_handshake_that_hangs_is_bounded_and_leaks_nothing(authority: Authority) -> None:
    async with raw_server(Peer.gone) as server, upstream(server, authority.client(), connect=0.1) as client:
        caught = await fault(client)
        assert (caught.status, caught.code) == (504, "upstream_timeout")
        await server.until_open(0)


async def test_a_handshake_cancelled_at_any_moment_leaks_nothing(authority: Authority) -> None:
    server = RawServer()
    async with (
        raw_server(server.answering_with(OK), server, authority.server("api.example")),
        upstream(server, authority.client()) as client,
    ):
        for turns in range(400):
            task = asyncio.create_task(ask(client))
            for _ in range(turns):
                await asyncio.sleep(0)
            done = not task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await server.until_open(client.open_connections)
            if done:
                break
        else:
            pytest.fail("the answer never came")


class Proxy:
    """A proxy that opens tunnels to wherever the test says."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.to = 0

    async def __call__(self, peer: Peer) -> None:
        self.asked.append(await peer.request())
        await peer.send(self.answer)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(_pump(peer.reader, writer), _pump(reader, peer.writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@pytest.mark.parametrize("encrypted", [True, False])
async def test_a_tunnel_leads_through_the_proxy(authority: Authority, encrypted: bool) -> None:
    server, proxy = RawServer(), Proxy()
    context = authority.server("api.example") if encrypted else None
    async with raw_server(server.answering_with(OK), server, context), raw_server(proxy) as between:
        proxy.to = server.port
        url = f"http://us%65r:p%40ss@127.0.0.1:{between.port}"
        async with upstream(server, authority.client() if encrypted else None, proxy=url) as client:
            assert [await ask(client) for _ in range(3)] == [b"ok"] * 3
            assert server.accepted == between.accepted == 1
        credential = b64encode(b"user:p@ss")
        where = b"api.example:%d" % server.port
        assert proxy.asked == [
            b"CONNECT %b HTTP/1.1\r\nhost: %b\r\nproxy-authorization: Basic %b\r\n\r\n"
            % (where, where, credential)
        ]
        assert b"proxy-authorization" not in server.requests[0]
        await between.until_open(0)


REFUSALS: dict[str, bytes] = {
    "wants a credential": b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    "cannot connect": b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
    "no HTTP": b"SSH-2.0\r\n\r\n",
    "speaks behind its answer": b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
    "a head without end": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 20_000,
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_proxy_that_opens_no_tunnel_makes_the_upstream_unreachable(name: str) -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.send(REFUSALS[name])
        await peer.gone()

    async with raw_server(handle) as between:
        server = RawServer()
        async with upstream(server, None, proxy=f"http://127.0.0.1:{between.port}") as client:
            caught = await fault(client)
            assert (caught.status, caught.code) == (502, "upstream_unreachable")
            await between.until_open(0)
            assert client.open_connections == 0


async def _hang_up(peer: Peer) -> None:
    await peer.request()


@pytest.mark.parametrize(
    ("handle", "code"),
    [(Peer.gone, "upstream_timeout"), (_hang_up, "upstream_unreachable")],
    ids=["silent", "gone"],
)
async def test_a_proxy_that_says_nothing_is_bounded(handle: Handle, code: str) -> None:
    async with (
        raw_server(handle) as between,
        upstream(RawServer(), None, proxy=f"http://127.0.0.1:{between.port}", connect=0.1) as client,
    ):
        assert (await fault(client)).code == code
        await between.until_open(0)


@pytest.mark.parametrize(
    "url",
    [
        "https://p:1",
        "http://",
        "socks5://p:1",
        "http://p:1/path",
        "http://p:1?x=1",
        "p:1",
        "",
        "http://p:99999",
    ],
)
def test_what_is_no_proxy(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ConnectProxy.parse(url)


def test_a_proxy_and_its_parts() -> None:
    assert ConnectProxy.parse("http://proxy") == ConnectProxy("proxy", 80)
    assert ConnectProxy.parse("http://[::1]:3128/") == ConnectProxy("::1", 3128)
    assert (
        ConnectProxy("p", 1).request("2606::1", 443)
        == b"CONNECT [2606::1]:443 HTTP/1.1\r\nhost: [2606::1]:443\r\n\r\n"
    )
    assert "s3cret" not in repr(ConnectProxy.parse("http://user:s3cret@proxy"))
