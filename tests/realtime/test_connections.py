"""Connections through the whole gateway: upstreams that mean no good, limits, keys that end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.utils import accept_key

from sluicegate.appliance.admission import Admission
from sluicegate.appliance.http_service import HttpService
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import SOMEBODY, FakeClock, FixedWindows
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.realtime import upstream_socket
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware import live_conversation
from sluicegate.middleware.limits import Limits, Rate
from tests.gateway.parts import Ports
from tests.middleware.client import KEY
from tests.sdk.material import EMAIL

type Host = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_CREATE = json.dumps({"type": "response.create"})
_WAIT = 20.0


@asynccontextmanager
async def gateway(
    url: str,
    ports: Ports,
    *,
    provider: str = "openai",
    accepting: Callable[[], bool] | None = None,
    **more: object,
) -> AsyncIterator[tuple[int, PooledUpstream]]:
    spec = UpstreamSpec("voice", provider, f"{url}/v1", "upstream-key", **more)  # type: ignore[arg-type] # of one kind
    upstream = PooledUpstream(spec.base_url)
    parts = ports.parts([(spec, upstream)])
    app = proxy_app(parts)
    if accepting is not None:
        app = Admission(
            app, accepting=accepting, inspector=parts.inspector, metrics=parts.metrics, service="gateway"
        )
    service = HttpService(app)
    server = await asyncio.get_running_loop().create_server(service.connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], upstream
    finally:
        server.close()
        await service.drain(1.0)
        await upstream.close()


@asynccontextmanager
async def hosted(host: Host) -> AsyncIterator[str]:
    """A host that does what it likes with a connection."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await host(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """An upstream that agrees, and listens without a word."""

    async def listen(connection: ServerConnection) -> None:
        async for _ in connection:
            pass

    async with serve(listen, "127.0.0.1", 0, compression=None) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def joined(port: int, query: str = "model=gpt-realtime", key: str = KEY) -> connect:
    headers = {"authorization": f"Bearer {key}"}
    url = f"ws://127.0.0.1:{port}/v1/realtime?{query}"
    return connect(url, additional_headers=headers, compression=None, proxy=None)


async def over(client: ClientConnection) -> tuple[int, list[str]]:
    """Read to the end; return the code and the types of what was said."""
    said: list[str] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            said.append(json.loads(await asyncio.wait_for(client.recv(), _WAIT))["type"])
    return client.close_code or 0, said


def answering(head: bytes, *, rest: bytes = b"") -> Host:
    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in asked.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        good = accept_key(key.partition(b": ")[2].decode()).encode()
        writer.write(head.replace(b"{accept}", good) + rest)
        await writer.drain()
        await reader.read()

    return host


_AGREED = (
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-accept: {accept}\r\n"
)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (_AGREED.replace(b"{accept}", b"wrong") + b"\r\n", 502),
        (_AGREED + b"sec-websocket-extensions: permessage-deflate\r\n\r\n", 502),
        (_AGREED + b"sec-websocket-protocol: other\r\n\r\n", 502),
        (b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/\r\ncontent-length: 0\r\n\r\n", 502),
        (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nour key!!", 502),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200),
        (b'HTTP/1.1 429 Too Many Requests\r\ncontent-length: 12\r\n\r\n{"error": 1}', 429),
        (b"garbage\r\n\r\n", 502),
    ],
)
async def test_an_upstream_that_does_not_agree(head: bytes, status: int) -> None:
    async with hosted(answering(head)) as url, gateway(url, Ports()) as (port, _):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == status
    assert b"our key" not in (caught.value.response.body or b"")


async def test_an_upstream_that_never_answers() -> None:
    ports = Ports(limits=Limits(socket_dial_seconds=0.05))
    async with hosted(answering(b"")) as url, gateway(url, ports) as (port, _):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 504


@pytest.mark.parametrize(
    "sent", [b"\x83\x00", b"\x81\xfe\xff\xff", b"\x81\x7f\x00\x00\x00\xff\x00\x00\x00\x00", b"\x81\x01\xff"]
)
async def test_an_upstream_that_breaks_the_rules(sent: bytes) -> None:
    ports = Ports()
    async with (
        hosted(answering(_AGREED + b"\r\n", rest=sent)) as url,
        gateway(url, ports) as (port, _),
        joined(port) as client,
    ):
        code, said = await over(client)
    assert (code, said) == (1011, ["error"])


async def test_an_upstream_that_says_too_much_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_socket, "MOST_MESSAGE_BYTES", 1000)

    async def talk(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("x" * 1001)
        await connection.wait_closed()

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        async with gateway(url, ports := Ports()) as (port, _), joined(port) as client:
            await client.send(_CREATE)
            assert await over(client) == (1011, ["error"])
    assert [entry.outcome for entry in ports.audit.entries] == ["upstream_error"]


async def test_a_connection_takes_a_place_and_gives_it_back() -> None:
    async with silent() as url, gateway(url, Ports()) as (port, upstream):
        before = upstream._slots
        async with joined(port):
            assert upstream._slots == before - 1
        while upstream._slots != before:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("query", "status"),
    [("model=gpt-realtime&call_id=rtc_1", 400), ("model=a&model=b", 400), ("model=other", 404)],
)
async def test_what_the_address_may_not_say(query: str, status: int) -> None:
    async with silent() as url, gateway(url, Ports(), models=("gpt-*",)) as (port, _):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port, query):
                pass
    assert caught.value.response.status_code == status


async def test_a_model_has_the_name_of_its_upstream() -> None:
    paths: list[str] = []

    async def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        paths.append(connection.request.path)

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        aliases = (("voice", "gpt-realtime-2"),)
        async with gateway(url, Ports(), aliases=aliases) as (port, _), joined(port, "model=voice") as client:
            await over(client)
    assert paths == ["/v1/realtime?model=gpt-realtime-2"]


@pytest.mark.parametrize("limits", [Limits(socket_idle_seconds=0.02), Limits(socket_seconds=0.02)])
async def test_no_connection_lasts_for_ever(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    monkeypatch.setattr(live_conversation, "LOOK_SECONDS", 0.01)
    async with silent() as url, gateway(url, Ports(limits=limits)) as (port, _), joined(port) as client:
        assert await over(client) == (1001, [])


async def test_a_client_that_names_no_model_is_not_waited_for() -> None:
    ports = Ports(limits=Limits(socket_first_seconds=0.02))
    place = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    async with silent() as url, gateway(url, ports, provider="gemini") as (port, _):
        headers = {"x-goog-api-key": KEY}
        async with connect(
            f"ws://127.0.0.1:{port}{place}", additional_headers=headers, compression=None, proxy=None
        ) as client:
            assert await over(client) == (1008, [])


async def test_a_key_that_is_revoked_ends_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_conversation, "LOOK_SECONDS", 0.01)
    ports = Ports()
    ports.keys.add("sk-second", SOMEBODY)
    async with silent() as url, gateway(url, ports) as (port, _), joined(port, key="sk-second") as client:
        await client.send(_CREATE)
        ports.keys.revoke("sk-second")
        assert (await over(client))[0] == 1008


async def test_each_exchange_counts_against_the_rate() -> None:
    limits = Limits(key_rate=Rate(2), client_rate=None)
    ports = Ports(limits=limits, counters=FixedWindows(FakeClock()))
    async with silent() as url, gateway(url, ports) as (port, _), joined(port) as client:
        await client.send(_CREATE)  # the handshake was the first, this is the second of two
        await client.send(_CREATE)  # of the same exchange
        ports.limits = limits
        await client.send(json.dumps({"type": "response.cancel"}))
        await client.close()
    assert ("gateway", "key_rate") not in ports.metrics.rejections
    async with silent() as url, gateway(url, ports) as (port, _):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 429


async def test_a_message_for_a_model_on_premise_goes_nowhere_else() -> None:
    ports = Ports()
    ports.policies.value = _private()
    async with silent() as url, gateway(url, ports) as (port, _), joined(port) as client:
        item = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": f"to {EMAIL}."}],
        }
        await client.send(json.dumps({"type": "conversation.item.create", "item": item}))
        error = json.loads(await asyncio.wait_for(client.recv(), _WAIT))["error"]
    assert error["code"] == "no_private_upstream"


def _private() -> Policy:
    return Policy("private", BALANCED.clauses, unjudged=BALANCED.unjudged, private=("pii",))


async def test_while_nothing_can_be_recorded_nothing_is_said() -> None:
    room = [True]
    async with silent() as url, gateway(url, Ports(), accepting=lambda: room[0]) as (port, _):
        async with joined(port) as client:
            room[0] = False
            await client.send(_CREATE)
            assert (await over(client))[0] == 1013
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 503


async def test_a_web_page_brings_its_key_in_a_protocol() -> None:
    offered: list[str | None] = []

    async def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        offered.append(connection.request.headers.get("sec-websocket-protocol"))

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        async with gateway(url, Ports()) as (port, _):
            protocols = ["realtime", f"openai-insecure-api-key.{KEY}"]
            place = f"ws://127.0.0.1:{port}/v1/realtime?model=gpt-realtime"
            async with connect(place, subprotocols=protocols, proxy=None) as client:  # type: ignore[arg-type] # texts
                assert client.subprotocol == "realtime"
                await over(client)
    assert offered == [None]
