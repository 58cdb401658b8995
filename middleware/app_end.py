"""The app behind the guard as the far end of a conversation.

It runs in a task of its own. What it sends waits until it was judged and went on to the client, so it is
slowed down as by a server; what it is told waits for it.
"""

import asyncio
from contextlib import suppress
from typing import NamedTuple

from .asgi import ASGIApp, Scope
from .asgi import Message as Event
from .live_ends import FAILED, NORMAL, TOO_BIG, Closing, Message
from .over import AnswerOver

MOST_WAITING = 4
"""Messages that an app may leave waiting before its client is no longer heard."""
MOST_HINTS = 64
"""Messages, with those, beyond which it is told of nothing that may be lost."""


class _Said(NamedTuple):
    """Something that the app said. `passed` is done when it went on, or nobody hears it any more."""

    content: Message | Closing
    passed: "asyncio.Future[bool]"


class _Told(NamedTuple):
    """Something that the app is told. `counted`: it took one of the places."""

    event: Event
    counted: bool


class AppEnd:
    """Runs an app. Implements `live_ends.FarEnd`.

    Args:
        app: serves the connection.
        scope: of the connection, as the app may see it.
        most_bytes: a message of the app may have.
    """

    def __init__(self, app: ASGIApp, scope: Scope, most_bytes: int) -> None:
        self._app = app
        self._scope = scope
        self._most = most_bytes
        self._loop = asyncio.get_running_loop()
        self._coming: asyncio.Queue[_Told] = asyncio.Queue()
        self._coming.put_nowait(_Told({"type": "websocket.connect"}, counted=False))
        self._places = asyncio.Semaphore(MOST_WAITING)
        self._said: asyncio.Queue[_Said] = asyncio.Queue()
        self._passing: _Said | None = None
        self._answer: asyncio.Future[Event] = self._loop.create_future()
        self._left: Event | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> Event:
        """Start the app; return its answer to the handshake. Raises what the app raises before it."""
        self._task = self._loop.create_task(self._run())
        await asyncio.wait((self._task, self._answer), return_when=asyncio.FIRST_COMPLETED)
        if self._answer.done():
            return self._answer.result()
        await self._task
        raise RuntimeError("the app ended without an answer to the handshake")

    async def finish(self) -> None:
        """Wait for the app's end. Raises what the app raises, but not that it was told nobody listens."""
        if self._task is not None:
            with suppress(AnswerOver):
                await self._task

    async def abandon(self) -> None:
        """Stop the app."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # as the conversation sees it

    async def receive(self) -> Message | Closing:
        """Return what the app says next; what it said before went on."""
        self._pass(heard=True)
        self._passing = said = await self._said.get()
        return said.content

    async def send(self, message: Message) -> None:
        """Tell the app something, and wait while too much waits for it."""
        await self._places.acquire()
        self._coming.put_nowait(_Told(_event(message), counted=True))

    def hint(self, message: Message) -> None:
        """Tell the app something, unless too much waits for it."""
        if self._coming.qsize() < MOST_HINTS:
            self._coming.put_nowait(_Told(_event(message), counted=False))

    def leave(self, code: int, *, lost: bool) -> None:
        """Nothing more is heard of the app; it is told so behind what waits for it."""
        self._left = {"type": "websocket.disconnect", "code": code, "reason": ""}
        self._coming.put_nowait(_Told(self._left, counted=False))
        self._pass(heard=isinstance(self._passing and self._passing.content, Closing))
        while not self._said.empty():
            self._passing = self._said.get_nowait()
            self._pass(heard=False)

    def _pass(self, *, heard: bool) -> None:
        passing = self._passing
        if passing is not None and not passing.passed.done():
            passing.passed.set_result(heard)
        self._passing = None

    # as the app sees it

    async def _run(self) -> None:
        ending = Closing(FAILED, broke=True)
        try:
            await self._app(self._scope, self._receive, self._send)
            ending = Closing(NORMAL)
        finally:
            self._put(ending)

    async def _receive(self) -> Event:
        if self._left is not None and self._coming.empty():
            return self._left
        told = await self._coming.get()
        if told.counted:
            self._places.release()
        return told.event

    async def _send(self, event: Event) -> None:
        """Send what the app says. Raises `AnswerOver` where nobody hears it, like a server."""
        if not self._answer.done():
            if event["type"] not in ("websocket.accept", "websocket.close"):
                raise RuntimeError("the app says something before it answers the handshake")
            self._answer.set_result(event)
            return
        if self._left is not None or not await self._put(self._heard(event)).passed:
            raise AnswerOver

    def _put(self, content: Message | Closing) -> _Said:
        said = _Said(content, self._loop.create_future())
        self._said.put_nowait(said)
        return said

    def _heard(self, event: Event) -> Message | Closing:
        if event["type"] == "websocket.close":
            return Closing(event.get("code", NORMAL), event.get("reason") or "")
        if event["type"] != "websocket.send":
            raise RuntimeError("the app says what no WebSocket can")
        text: str | None = event.get("text")
        content = event.get("bytes") or b"" if text is None else text.encode("utf-8", "surrogatepass")
        if len(content) > self._most:
            return Closing(TOO_BIG, broke=True)
        return Message(content, text is not None)


def _event(message: Message) -> Event:
    if message.is_text:
        return {"type": "websocket.receive", "text": message.content.decode("utf-8", "surrogatepass")}
    return {"type": "websocket.receive", "bytes": message.content}
