"""Calls an ASGI app in process and keeps every message it sent."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluicegate.middleware.asgi import ASGIApp, Headers, Message, Scope

KEY = "sk-test-0123456789abcdef0123456789"
AUTHORIZED: Headers = [(b"authorization", f"Bearer {KEY}".encode())]
JSON_TYPE: Headers = [(b"content-type", b"application/json")]


@dataclass(slots=True)
class Answer:
    """What an app sent."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        status = self.messages[0]["status"]
        assert isinstance(status, int)
        return status

    @property
    def headers(self) -> dict[str, str]:
        pairs = [(name.decode(), value.decode()) for name, value in self.messages[0]["headers"]]
        assert len(dict(pairs)) == len(pairs), "a field was sent twice"
        return dict(pairs)

    @property
    def pieces(self) -> list[bytes]:
        return [message["body"] for message in self.messages[1:] if message["body"]]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def complete(self) -> bool:
        return bool(self.messages) and not self.messages[-1].get("more_body", False)


def scope(
    method: str = "POST",
    path: str = "/v1/chat/completions",
    headers: Headers | None = None,
    *,
    peer: str = "192.0.2.7",
    raw: bytes | None = None,
    query: bytes = b"",
) -> Scope:
    """A request's scope as uvicorn makes it."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode() if raw is None else raw,
        "query_string": query,
        "root_path": "",
        "client": (peer, 40_000),
        "headers": headers if headers is not None else [],
        "extensions": {"http.response.pathsend": {}},
    }


class Connection:
    """A client's end: sends a body in pieces, then stays until it is told to leave."""

    def __init__(self, body: Sequence[bytes] = (b"",), *, unfinished: bool = False) -> None:
        self.answer = Answer()
        self.left = asyncio.Event()
        self.sent: asyncio.Queue[None] = asyncio.Queue()
        self._body = list(body)
        self._unfinished = unfinished
        self._done = asyncio.Event()

    async def receive(self) -> Message:
        if self._body:
            piece = self._body.pop(0)
            return {
                "type": "http.request",
                "body": piece,
                "more_body": bool(self._body) or self._unfinished,
            }
        waits = [asyncio.ensure_future(event.wait()) for event in (self.left, self._done)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        assert not self._done.is_set(), "something was sent after the end"
        if self.left.is_set():
            return
        assert (message["type"] == "http.response.start") == (not self.answer.messages)
        self.answer.messages.append(message)
        self.sent.put_nowait(None)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._done.set()

    async def open(self, app: ASGIApp, request: Scope) -> Answer:
        await app(request, self.receive, self.send)
        return self.answer


async def call(
    app: ASGIApp,
    request: Scope | None = None,
    body: bytes | Sequence[bytes] = b'{"model":"m"}',
) -> Answer:
    """Send one request and return the whole answer."""
    if request is None:
        request = scope(headers=[*AUTHORIZED, *JSON_TYPE])
    pieces = [body] if isinstance(body, bytes) else body
    answer = await Connection(pieces).open(app, request)
    assert answer.complete
    return answer


def without_field(headers: Headers, name: bytes) -> Headers:
    return [field for field in headers if field[0] != name]


def fields(*pairs: tuple[str, str]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def reply(
    body: bytes | Iterable[bytes] = b"{}",
    *,
    status: int = 200,
    headers: Headers | None = None,
    kind: bytes = b"application/json",
) -> ASGIApp:
    """An app that answers with `body`, whole or in pieces."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    fields = [(b"content-type", kind)] if headers is None else headers

    async def app(_: Scope, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": fields})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app
