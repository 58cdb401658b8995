"""An app that serves a model on a WebSocket by a script, a real server for it, and a client."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sluicegate.detection.types import AuditEntry
from sluicegate.middleware import GuardMiddleware
from sluicegate.middleware.asgi import Receive, Scope, Send
from sluicegate.middleware.counts import Counts
from tests.fakes.live_api import Close
from tests.frameworks.serving import by_uvicorn

type Server = Callable[[Any], AbstractContextManager[int]]
"""Serves an app; gives its port."""

WAIT = 20.0
OVER = ("response.done", "error")


class LiveApp:
    """Answers by its script, as `FakeLive` does: JSON, bytes as they are, a `Close`, an event to wait for."""

    def __init__(self, answers: Callable[[dict[str, Any]], Iterable[object]] = lambda _: ()) -> None:
        self.answers = answers
        self.binary = False
        self.agrees = True
        self.received: list[dict[str, Any]] = []
        self.scopes: list[Scope] = []
        self.left = 0
        self.raised: BaseException | None = None
        self.ended = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        self.scopes.append(scope)
        try:
            await self._serve(receive, send)
        except BaseException as problem:
            self.raised = problem
            raise
        finally:
            self.ended.set()

    async def _serve(self, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        if not self.agrees:
            await send({"type": "websocket.close", "code": 4003})
            return
        await send({"type": "websocket.accept", "headers": [(b"x-app", b"1"), (b"x-sluicegate-no", b"1")]})
        while (message := await receive())["type"] == "websocket.receive":
            event = json.loads(message["text"] if message.get("text") is not None else message["bytes"])
            self.received.append(event)
            for item in self.answers(event):
                if isinstance(item, Close):
                    await send({"type": "websocket.close", "code": item.code, "reason": item.reason})
                    return
                await self._say(item, send)
        self.left = message["code"]

    async def _say(self, item: object, send: Send) -> None:
        if isinstance(item, threading.Event):
            await asyncio.to_thread(item.wait, WAIT)
            return
        text = item.decode() if isinstance(item, bytes) else json.dumps(item)
        content = {"bytes": text.encode()} if self.binary else {"text": text}
        await send({"type": "websocket.send", **content})


async def _live(receive: Receive, send: Send) -> None:
    for word in ("startup", "shutdown"):
        assert (await receive())["type"] == f"lifespan.{word}"
        await send({"type": f"lifespan.{word}.complete"})


class Guarded:
    """An app behind the middleware, served."""

    def __init__(self, app: Any, dialect: str, **more: Any) -> None:
        self.entries: list[AuditEntry] = []
        self.counts = Counts()
        settings: dict[str, Any] = {"policy": "balanced", "routes": {"/talk": dialect}}
        given = settings | {"audit": self.entries.append, "metrics": self.counts} | more
        self.guard = GuardMiddleware(app, **given)
        self.port = 0

    @contextmanager
    def serving(self, server: Server) -> Iterator["Guarded"]:
        """Serve it."""
        with server(self.guard) as self.port:
            yield self

    def talk(self, path: str = "/talk", *, forged: bool = False, **more: Any) -> ClientConnection:
        """Connect a client, whoever asks closes it; one that forges says that it was judged already."""
        fields = {"x-sluicegate-action": "pass", "x-sluicegate-id": "1"} if forged else {}
        given: dict[str, Any] = {"proxy": None, "compression": None, "open_timeout": WAIT} | more
        made: ClientConnection = connect(
            f"ws://127.0.0.1:{self.port}{path}", additional_headers=fields, **given
        )
        return made


@contextmanager
def guarded(
    app: Any, dialect: str = "openai_realtime", *, server: Server = by_uvicorn, **more: Any
) -> Iterator[Guarded]:
    """Serve an app behind the middleware on a free port."""
    with Guarded(app, dialect, **more).serving(server) as served:
        yield served


def say(client: ClientConnection, *events: Any) -> None:
    """Send events."""
    for event in events:
        client.send(json.dumps(event))


def heard(client: ClientConnection) -> list[dict[str, Any]]:
    """Read until an answer is over, or something went wrong."""
    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] not in OVER:
        events.append(json.loads(client.recv(WAIT)))
    return events


def ended(client: ClientConnection) -> tuple[int, str]:
    """Read to the end; return the code and the reason."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            client.recv(WAIT)
    return client.close_code or 0, client.close_reason or ""
