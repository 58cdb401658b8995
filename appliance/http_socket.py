"""One WebSocket of a connection, as ASGI has it (https://asgi.readthedocs.io/en/latest/specs/www.html).

An app may refuse one with an answer of HTTP (the extension `websocket.http.response`), and is told by an
extension of ours when the service is about to end.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..gateway.realtime.peer import Peer
from ..gateway.realtime.upgrade import accepted, key_of, server_wire, subprotocols_of
from ..middleware.asgi import DENIAL, LEAVING, SAME_HEAD, Headers, Message, Scope
from ..middleware.faults import describe
from ..middleware.live_ends import AWAY, BROKEN, FAILED, NORMAL, Closing
from ..middleware.live_ends import Message as Said
from .logging import log_event

if TYPE_CHECKING:
    from .http_protocol import HttpConnection

MOST_MESSAGE_BYTES = 16 * 1024 * 1024
"""A larger message ends its connection with 1009."""

_LOG = logging.getLogger("sluicegate.http")


class ServerSocket:
    """Runs an app on a connection that asks for a WebSocket; stands where an `HttpRequest` does."""

    __slots__ = (
        "_answer", "_connection", "_early", "_gone", "_leaving", "_peer", "_subscribers", "_task", "_told",
        "keep_alive", "scope",
    )  # fmt: skip

    def __init__(self, connection: "HttpConnection", scope: Scope) -> None:
        self.keep_alive = False
        self._connection = connection
        self._early = b""
        self._peer: Peer | None = None
        self._gone = self._told = self._leaving = False
        self._answer: tuple[int, Headers] | None = None
        self._subscribers: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        extensions: dict[str, Any] = {
            DENIAL: {},
            LEAVING: {"subscribe": self._subscribe},
            SAME_HEAD: {},
        }
        scheme = "wss" if scope["scheme"] == "https" else "ws"
        told = {
            "type": "websocket",
            "scheme": scheme,
            "subprotocols": subprotocols_of(scope["headers"]),
            "extensions": extensions,
        }
        self.scope: Scope = {**scope, **told}

    @property
    def begun(self) -> bool:
        """Whether anything was answered."""
        return self._peer is not None or self._answer is not None

    @property
    def lingers(self) -> bool:
        """Whether the connection ends by itself, with a closing that both ends say."""
        return self._peer is not None

    def start(self) -> None:
        """Run the app until it waits for something."""
        service = self._connection.service
        if service.crowded:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            self._connection.ended(self)
            return
        self._task = asyncio.Task(self._run(), loop=service.loop, eager_start=True)

    def take(self, data: bytes) -> None:
        """Take bytes behind the head."""
        if self._peer is None:
            self._early += data
            self._connection.transport.pause_reading()
        else:
            self._peer.data_received(data)

    def take_end(self) -> None:
        """The client sends no more bytes."""
        if self._peer is not None:
            self._peer.eof_received()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        if self._peer is not None:
            self._peer.pause_writing()

    def resume_writing(self) -> None:
        """The client has read on."""
        if self._peer is not None:
            self._peer.resume_writing()

    def lose(self) -> None:
        """The client is gone."""
        self._gone = True
        if self._peer is not None:
            self._peer.connection_lost()
        elif self._task is not None:
            self._task.cancel()

    def leave(self) -> None:
        """The service is about to end: whoever subscribed to that is told, once."""
        if not self._leaving:
            self._leaving = True
            for tell in self._subscribers:
                tell()

    def cancel(self) -> None:
        """End it now."""
        if self._peer is not None:
            self._peer.close(AWAY)
        if self._task is not None:
            self._task.cancel()

    async def receive(self) -> Message:
        """Give the next message, after the last one the disconnect."""
        if not self._told:
            self._told = True
            return {"type": "websocket.connect"}
        if self._peer is None:
            return {"type": "websocket.disconnect", "code": BROKEN, "reason": ""}
        said = await self._peer.receive()
        if isinstance(said, Closing):
            return {"type": "websocket.disconnect", "code": said.code, "reason": said.reason}
        if said.is_text:
            return {"type": "websocket.receive", "text": said.content.decode()}
        return {"type": "websocket.receive", "bytes": said.content}

    async def send(self, message: Message) -> None:
        """Take a message of the app. Raises `RuntimeError` for one out of turn."""
        kind = message["type"]
        if kind == "websocket.send" and self._peer is not None:
            text = message.get("text")
            said = Said(message["bytes"], is_text=False) if text is None else Said(text.encode())
            await self._peer.send(said)
        elif kind == "websocket.close" and self._peer is not None:
            self._peer.close(message.get("code", NORMAL), message.get("reason") or "")
        elif self.begun and kind != "websocket.http.response.body":
            raise RuntimeError("the app sent a message out of turn")
        else:
            self._answered(kind, message)

    def _answered(self, kind: str, message: Message) -> None:
        """Take the answer to the handshake."""
        if kind == "websocket.accept":
            self._accept(message)
        elif kind == "websocket.close":
            self._refuse(HTTPStatus.FORBIDDEN)
        elif kind == "websocket.http.response.start":
            self._answer = message["status"], message.get("headers", [])
        elif kind == "websocket.http.response.body" and self._answer is not None:
            status, headers = self._answer
            self._say(status, headers, message.get("body", b""))
        else:
            raise RuntimeError("the app sent a message out of turn")

    def _accept(self, message: Message) -> None:
        key = key_of(self.scope["headers"])
        if key is None:
            self._refuse(HTTPStatus.UPGRADE_REQUIRED, [(b"sec-websocket-version", b"13")])
            return
        headers = list(message.get("headers", ()))
        chosen = message.get("subprotocol")
        if chosen is not None:
            headers.append((b"sec-websocket-protocol", chosen.encode("latin-1")))
        connection = self._connection
        connection.say(accepted(key, headers))
        self._peer = Peer(connection.transport, server_wire(MOST_MESSAGE_BYTES))
        connection.transport.resume_reading()
        early, self._early = self._early, b""
        if early:
            self._peer.data_received(early)
        if self._gone:
            self._peer.connection_lost()

    def _refuse(self, status: HTTPStatus, headers: Headers | None = None) -> None:
        self._say(status, headers or [], b"")

    def _say(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer as HTTP does; the connection ends behind it."""
        self._answer = self._answer or (status, headers)
        kept = [field for field in headers if field[0] not in (b"content-length", b"connection")]
        kept += [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        fields = b"".join([b"%b: %b\r\n" % field for field in kept])
        if fields.count(b"\n") != len(kept) or fields.count(b"\r") != len(kept):
            raise ValueError("a field of the answer holds a line break")
        phrase = HTTPStatus(status).phrase.encode()
        date = self._connection.service.date
        self._connection.say(b"HTTP/1.1 %d %b\r\n%b%b\r\n%b" % (status, phrase, date, fields, body))

    def _subscribe(self, tell: Callable[[], None]) -> None:
        self._subscribers.append(tell)
        if self._leaving:
            tell()

    async def _run(self) -> None:
        try:
            await self._connection.service.app(self.scope, self.receive, self.send)
            self._finish(NORMAL)
        except asyncio.CancelledError:
            self._finish(AWAY)
            if not self._gone:
                raise
        except Exception as error:  # noqa: BLE001 - whatever an app raises ends its connection and no other
            log_event(_LOG, logging.ERROR, "app_failed", what=describe(error))
            self._finish(FAILED)
        finally:
            self._subscribers.clear()
            self._task = None
            self._connection.ended(self)

    def _finish(self, code: int) -> None:
        """End what the app left open."""
        if self._peer is not None:
            self._peer.close(code)
        elif not self.begun and not self._gone:
            failed = code != NORMAL
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR if failed else HTTPStatus.FORBIDDEN)
