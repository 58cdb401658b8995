"""The faces that take the corpus of exchanges. A new one is a function in `FACES`."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2

from sluicegate.detection.testing import SOMEBODY, FixedPolicy, MemoryAudit
from sluicegate.detection.types import AuditCore
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.upstream.base import UpstreamAnswer, UpstreamRequest
from sluicegate.gateway.upstream.given import GivenAnswer
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.asgi import ASGIApp, Receive, Scope, Send
from sluicegate.middleware.drop_in import GuardMiddleware
from sluicegate.middleware.outbound import over_httpx, over_httpx2
from sluicegate.middleware.outbound.guard import OutboundGuard
from sluicegate.middleware.outbound.settings import outbound_guard
from tests.detection_api.service import Service
from tests.gateway.parts import Ports, core
from tests.middleware.client import AUTHORIZED, JSON_TYPE, call, scope
from tests.walls.exchanges import Exchange, Told
from tests.walls.faces import timeless

type Face = Callable[[Exchange], Awaitable[Seen]]

_PIECES = (17, 64, 4096)
_CHANGING = re.compile(
    rb'("(?:id|item_id|created|created_at|response_id|generation_id|responseId|createTime|request_id)"): ?'
    rb'(?:"[^"]*"|[0-9]+)'
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a face forwarded (None: nothing), what its client read, and the record without times.

    `core` and `outcome` are those of the record; a request that ends before it is an exchange has none.
    """

    forwarded: bytes | None
    status: int
    kind: str
    answer: bytes
    core: AuditCore | None
    outcome: str


async def gateway(exchange: Exchange) -> Seen:
    """The gateway in front of an upstream that answers in small pieces."""
    forwarded: list[bytes] = []

    class Answering:
        async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
            forwarded.append(bytes(request.body))
            told = exchange.answer(forwarded[0])
            return GivenAnswer(told.status, [(b"content-type", told.kind.encode())], pieces(exchange, told))

        async def close(self) -> None:
            pass

    ports = Ports(policies=FixedPolicy(exchange.policy))
    spec = UpstreamSpec("one", exchange.provider, "https://one.example", "the-key")
    app = proxy_app(ports.parts([(spec, Answering())]))
    path, _, query = exchange.target.partition("?")
    asked = scope("POST", path, [*AUTHORIZED, *JSON_TYPE], query=query.encode())
    answer = await call(app, asked, exchange.request)
    kind = answer.headers.get("content-type", "")
    return seen(exchange, forwarded, answer.status, kind, answer.body, ports.audit)


async def outbound(exchange: Exchange) -> Seen:
    """A guarded synchronous client of httpx."""
    forwarded: list[bytes] = []

    class Answering(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            forwarded.append(request.read())
            told = exchange.answer(forwarded[0])
            return httpx.Response(told.status, headers={"content-type": told.kind}, stream=Stream(told))

    class Stream(httpx.SyncByteStream):
        def __init__(self, told: Told) -> None:
            self._told = told

        def __iter__(self) -> Iterator[bytes]:
            return iter(pieces(exchange, self._told))

    guard, audit = _guard(exchange)
    request = httpx.Request("POST", _url(exchange), content=exchange.request, headers=_HEAD)
    answer = over_httpx.GuardTransport(guard, Answering()).handle_request(request)
    kind = answer.headers.get("content-type", "")
    return seen(exchange, forwarded, answer.status_code, kind, answer.read(), audit)


async def outbound_async(exchange: Exchange) -> Seen:
    """A guarded asynchronous client of httpx2."""
    forwarded: list[bytes] = []

    class Answering(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            forwarded.append(await request.aread())
            told = exchange.answer(forwarded[0])
            return httpx2.Response(told.status, headers={"content-type": told.kind}, stream=Stream(told))

    class Stream(httpx2.AsyncByteStream):
        def __init__(self, told: Told) -> None:
            self._told = told

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces(exchange, self._told):
                yield piece

    guard, audit = _guard(exchange)
    request = httpx2.Request("POST", _url(exchange), content=exchange.request, headers=_HEAD)
    answer = await over_httpx2.AsyncGuardTransport(guard, Answering()).handle_async_request(request)
    kind = answer.headers.get("content-type", "")
    return seen(exchange, forwarded, answer.status_code, kind, await answer.aread(), audit)


async def app_middleware(exchange: Exchange) -> Seen:
    """The middleware around an app that answers itself, in the library's core."""
    forwarded: list[bytes] = []
    app = answering(exchange, forwarded)
    return await through_app(exchange, forwarded, app, policy=exchange.policy, identify=lambda _: SOMEBODY)


def answering(exchange: Exchange, forwarded: list[bytes]) -> ASGIApp:
    """Return an app that answers as the exchange says, in small pieces."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        forwarded.append(body)
        told = exchange.answer(body)
        head = [(b"content-type", told.kind.encode())]
        await send({"type": "http.response.start", "status": told.status, "headers": head})
        for piece in pieces(exchange, told):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


async def through_app(exchange: Exchange, forwarded: list[bytes], app: ASGIApp, **more: Any) -> Seen:
    """The middleware around an app, told `more`."""
    audit = MemoryAudit()
    guard = GuardMiddleware(app, routes=exchange.provider, audit=audit, **more)
    path, _, query = exchange.target.partition("?")
    answer = await call(guard, scope("POST", path, [*JSON_TYPE], query=query.encode()), exchange.request)
    kind = answer.headers.get("content-type", "")
    return seen(exchange, forwarded, answer.status, kind, answer.body, audit)


async def inspect(exchange: Exchange) -> Seen:
    """The detection API, which judges the request: what it gives back stands for what is forwarded."""
    service = Service()
    service.policies.value = exchange.policy
    asked = {"dialect": exchange.dialect, "payload": exchange.request.decode()}
    answer = await service.post("/v1/inspect", json.dumps(asked).encode())
    told = json.loads(answer.body)
    payload = told.get("payload")
    core = timeless(service.entry.core) if service.audit.entries else None
    forwarded = payload.encode() if payload is not None else None
    return Seen(forwarded, answer.status, "", b"", core, "")


FACES: dict[str, Face] = {
    "outbound": outbound,
    "outbound, asynchronous": outbound_async,
    "middleware": app_middleware,
}
"""Faces that come to what the gateway comes to."""

_HEAD = {"content-type": "application/json"}


def _url(exchange: Exchange) -> str:
    return f"https://one.example{exchange.target}"


def _guard(exchange: Exchange) -> tuple[OutboundGuard, MemoryAudit]:
    audit = MemoryAudit()
    guard = outbound_guard(
        policy=exchange.policy,
        hosts={"one.example": exchange.provider},
        audit=audit,
        principal=SOMEBODY,
        inspector=core(),
    )
    return guard, audit


def pieces(exchange: Exchange, told: Told) -> list[bytes]:
    """An answer as it arrives: in pieces of a size that the exchange's name decides."""
    size = _PIECES[len(exchange.name) % len(_PIECES)]
    return [told.body[start : start + size] for start in range(0, len(told.body), size)]


def unchanging(answer: bytes) -> bytes:
    """Return an answer without what differs each time."""
    return _CHANGING.sub(rb"\1:0", answer)


def seen(
    exchange: Exchange, forwarded: list[bytes], status: int, kind: str, answer: bytes, audit: MemoryAudit
) -> Seen:
    """What came of an exchange; ids and times of the answer are left out."""
    assert len(forwarded) <= 1
    assert len(audit.entries) <= 1, exchange.name
    entry = audit.entries[0] if audit.entries else None
    return Seen(
        forwarded[0] if forwarded else None,
        status,
        kind,
        unchanging(answer),
        timeless(entry.core) if entry else None,
        entry.outcome if entry else "",
    )
