"""A scripted provider that speaks WebSocket: it keeps what it is told and answers by rules.

Served in a thread of its own, so that clients with and without an event loop can reach it.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

type Answers = Callable[[dict[str, Any]], Iterable[object]]
"""Gives what is answered to a message: JSON values, bytes as they are, a `Close`, or a `threading.Event`
that is waited for."""

_WAIT = 20.0


class Close(Exception):
    """Stands for the end of a connection."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class FakeLive:
    """The provider. `answers` is the script, `greeting` what it says first."""

    def __init__(self) -> None:
        self.port = 0
        self.greeting: Sequence[object] = ()
        self.answers: Answers = lambda _: ()
        self.binary = False
        self.refuses: tuple[int, str] | None = None
        self.received: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.closed: list[tuple[int, str]] = []
        self.gone = threading.Event()
        self._open = 0
        self._ended = threading.Condition()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def base_url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """Forget what was said, and the script, once every connection is over."""
        with self._ended:
            assert self._ended.wait_for(lambda: not self._open, _WAIT)
        self.greeting, self.answers, self.binary, self.refuses = (), lambda _: (), False, None
        self.received, self.requests, self.closed = [], [], []
        self.gone = threading.Event()

    def types(self) -> list[str]:
        """Types of the events that were received."""
        return [str(event.get("type")) for event in self.received]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(_WAIT)
        return self

    def __exit__(self, *problem: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_WAIT)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server: Server
        async with serve(
            self._talk, "127.0.0.1", 0, process_request=self._handshake, compression=None, max_size=None
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._started.set()
            await self._over.wait()
            server.close(close_connections=True)

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if self.refuses is not None:
            status, body = self.refuses
            return connection.respond(status, body)
        return None

    async def _talk(self, connection: ServerConnection) -> None:
        with self._ended:
            self._open += 1
        try:
            for item in self.greeting:
                await self._say(connection, item)
            async for message in connection:
                event = json.loads(message)
                self.received.append(event)
                for item in self.answers(event):
                    await self._say(connection, item)
        except Close as close:
            await connection.close(close.code, close.reason)
        except ConnectionClosed:
            pass
        finally:
            self.closed.append((connection.close_code or 0, connection.close_reason or ""))
            self.gone.set()
            with self._ended:
                self._open -= 1
                self._ended.notify_all()

    async def _say(self, connection: ServerConnection, item: object) -> None:
        if isinstance(item, Close):
            raise item
        if isinstance(item, threading.Event):
            await asyncio.to_thread(item.wait, _WAIT)
        elif isinstance(item, bytes):
            await connection.send(item.decode())
        elif self.binary:
            await connection.send(json.dumps(item).encode())
        else:
            await connection.send(json.dumps(item))
