"""WebSockets of our own HTTP server: the handshake, both ends, and clients that mean no good."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sluicegate.appliance import http_socket
from sluicegate.appliance.http_service import HttpService
from sluicegate.gateway.realtime import peer
from sluicegate.middleware.asgi import DENIAL, LEAVING, ASGIApp, Receive, Scope, Send
from tests.gateway.serving import Wire
from tests.realtime.test_wire import frame

_HEAD = (
    b"GET /talk?a=b HTTP/1.1\r\nhost: here\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
)
_AGREED = b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[tuple[HttpService, int]]:
    service = HttpService(app)
    server = await asyncio.get_running_loop().create_server(service.connect, "127.0.0.1", 0)
    try:
        yield service, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await service.drain(1.0)


@asynccontextmanager
async def wired(port: int) -> AsyncIterator[Wire]:
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield wire
    finally:
        wire.abort()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer HTTP with its path; on a socket give every message back, and end on ``bye``."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await send({"type": "websocket.close", "code": 4000, "reason": "you said so"})
            return
        await send({**message, "type": "websocket.send"})


def joined(port: int, **more: object) -> connect:
    options = {"compression": None, "max_size": None, "proxy": None} | more
    return connect(f"ws://127.0.0.1:{port}/talk", **options)  # type: ignore[arg-type] # options of one kind


async def over(client: ClientConnection) -> tuple[int, str]:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await client.recv()
    return client.close_code or 0, client.close_reason or ""


async def test_messages_go_both_ways() -> None:
    async with serving(echo) as (_, port), joined(port, subprotocols=["realtime"]) as client:
        assert client.subprotocol == "realtime"
        for message in ("hello", "ä" * 50_000, b"\x00\xff" * 500, ""):
            await client.send(message)
            assert await client.recv() == message
        await client.send("bye")
        assert await over(client) == (4000, "you said so")


async def test_compression_is_not_agreed_to() -> None:
    async with serving(echo) as (_, port), joined(port, compression="deflate") as client:
        assert client.protocol.extensions == []
        await client.send("x" * 1000)
        assert await client.recv() == "x" * 1000


async def test_frames_that_come_with_the_handshake_and_in_any_pieces() -> None:
    async with serving(echo) as (_, port), wired(port) as wire:
        for byte in _HEAD + frame(1, b"early"):
            await wire.write(bytes([byte]))
        head = await wire.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert _AGREED in head
        assert await wire.reader.readexactly(7) == b"\x81\x05early"


async def test_a_socket_behind_requests_of_the_same_connection() -> None:
    get = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
    async with serving(echo) as (_, port), wired(port) as wire:
        await wire.write(get + get + _HEAD + frame(1, b"third"))
        for _ in range(2):
            assert (await wire.until(b"ok")).startswith(b"HTTP/1.1 200 ")
        assert (await wire.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        assert await wire.reader.readexactly(7) == b"\x81\x05third"


@pytest.mark.parametrize("line", [b"sec-websocket-version: 8", b"sec-websocket-version: 13\r\nx: y"])
async def test_another_version_is_declined(line: bytes) -> None:
    async with serving(echo) as (_, port), wired(port) as wire:
        await wire.write(_HEAD.replace(b"sec-websocket-version: 13", line))
        head = await wire.until(b"\r\n\r\n")
        status = b"101" if b"13" in line else b"426"
        assert head.startswith(b"HTTP/1.1 " + status)


async def test_an_app_may_decline_in_its_own_words() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert DENIAL in scope["extensions"]
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"99")]
        await send({"type": f"{DENIAL}.start", "status": 401, "headers": headers})
        await send({"type": f"{DENIAL}.body", "body": b'{"no":1}'})

    async with serving(app) as (_, port):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 401
    assert caught.value.response.body == b'{"no":1}'


async def test_an_app_that_closes_before_it_agrees_declines() -> None:
    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1008})

    async with serving(app) as (_, port):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 403


async def test_an_app_that_fails_ends_its_connection() -> None:
    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise LookupError("on purpose")

    async with serving(app) as (_, port), joined(port) as client:
        assert await over(client) == (1011, "")


async def test_an_app_that_fails_before_it_agrees_is_told_as_500() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("on purpose")

    async with serving(app) as (_, port):
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 500


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 1002),
        (frame(1, b"bare", masked=False), 1002),
        (frame(1, b"\xff"), 1007),
        (b"\x81\xff" + struct.pack("!Q", 1 << 40), 1009),
    ],
    ids=["no frame", "not masked", "not UTF-8", "too large"],  # a mask is random
)
async def test_a_client_that_breaks_the_rules_is_told_and_left(sent: bytes, code: int) -> None:
    async with serving(echo) as (_, port), wired(port) as wire:
        await wire.write(_HEAD)
        await wire.until(b"\r\n\r\n")
        await wire.write(sent)
        assert (await wire.reader.readexactly(4))[2:] == struct.pack("!H", code)


async def test_a_client_that_is_gone_is_a_disconnect() -> None:
    codes: asyncio.Queue[int] = asyncio.Queue()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        codes.put_nowait(message["code"])
        await send({"type": "websocket.send", "text": "nobody hears"})

    async with serving(app) as (service, port):
        async with wired(port) as wire:
            await wire.write(_HEAD)
            await wire.until(b"\r\n\r\n")
        assert await asyncio.wait_for(codes.get(), 20) == 1006
        while service.connections:  # noqa: ASYNC110 - the service has no event for it
            await asyncio.sleep(0)


async def test_a_client_that_does_not_read_holds_up_the_app_and_not_its_memory() -> None:
    sent = [0]

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(10_000):
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})
            sent[0] += 1

    async with serving(app) as (service, port), wired(port) as wire:
        await wire.write(_HEAD)
        await wire.until(b"\r\n\r\n")
        (connection,) = service.connections
        while not connection.stalled:  # noqa: ASYNC110 - a connection has no event for it
            await asyncio.sleep(0)
        assert sent[0] < 500


async def test_an_app_that_does_not_read_holds_up_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "HIGH_WATER", 10_000)
    goes_on = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await goes_on.wait()
        size = 0
        for _ in range(400):
            size += len((await receive())["bytes"])
        await send({"type": "websocket.send", "text": str(size)})

    async with serving(app) as (service, port), wired(port) as wire:
        await wire.write(_HEAD)
        await wire.until(b"\r\n\r\n")
        sending = asyncio.create_task(wire.write(frame(2, b"x" * 60_000) * 400))
        await asyncio.sleep(0)
        (connection,) = service.connections
        while not _is_paused(connection.transport):  # noqa: ASYNC110 - a transport has no event for it
            await asyncio.sleep(0)
        assert not sending.done()
        goes_on.set()
        await sending
        assert await wire.reader.readexactly(10) == b"\x81\x0824000000"


def _is_paused(transport: asyncio.Transport) -> bool:
    return not transport.is_reading()


async def test_who_gives_no_sign_of_life_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "PING_SECONDS", 0.01)
    monkeypatch.setattr(peer, "SILENT_SECONDS", 0.05)
    async with serving(echo) as (_, port), wired(port) as wire:
        await wire.write(_HEAD)
        await wire.until(b"\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert (await wire.rest()).startswith(b"\x89\x00")


async def test_who_answers_pings_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "PING_SECONDS", 0.01)
    async with serving(echo) as (_, port), wired(port) as wire:
        await wire.write(_HEAD)
        await wire.until(b"\r\n\r\n")
        for _ in range(3):
            assert await wire.reader.readexactly(2) == b"\x89\x00"
            await wire.write(frame(10, b""))
        await wire.write(frame(9, b"you?"))
        assert b"\x8a\x04you?" in await wire.until(b"you?")


async def test_whoever_subscribed_is_told_that_the_service_ends() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.Event()
        subscribe: Callable[[Callable[[], None]], None] = scope["extensions"][LEAVING]["subscribe"]
        subscribe(leaving.set)
        await receive()
        await send({"type": "websocket.accept"})
        await leaving.wait()
        await send({"type": "websocket.close", "code": 1001})

    async with serving(app) as (service, port), joined(port) as client:
        service.retire()
        assert await over(client) == (1001, "")


async def test_a_drain_ends_what_does_not_end() -> None:
    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.Event().wait()

    async with serving(app) as (service, port), joined(port) as client:
        await service.drain(0.01)
        assert await over(client) == (1001, "")
        assert service.connections == set()


async def test_a_crowded_service_declines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(echo) as (service, port):
        monkeypatch.setattr(service, "_most", 0)
        with pytest.raises(InvalidStatus) as caught:
            async with joined(port):
                pass
    assert caught.value.response.status_code == 503


async def test_a_message_may_be_as_large_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_socket, "MOST_MESSAGE_BYTES", 1000)
    async with serving(echo) as (_, port), joined(port) as client:
        await client.send(b"x" * 1000)
        assert await client.recv() == b"x" * 1000
        await client.send(b"x" * 1001)
        assert (await over(client))[0] == 1009
