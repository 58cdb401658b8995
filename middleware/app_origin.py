"""An ASGI app as the origin of answers: it runs in a task of its own and is listened to in turns."""

import asyncio
from collections.abc import Iterator
from mmap import mmap

from .asgi import ASGIApp, Headers, Message, Scope
from .handover import KEY, Handover
from .headers import lowered
from .over import AnswerOver
from .spooled import Body, slices, taken

GRACE_SECONDS = 1.0
"""What an app gets to end by itself once its answer was cut short."""


class AppOrigin:
    """Asks an app. Implements `origin.Origin`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def ask(self, scope: Scope, headers: Headers, body: Body, told: Handover) -> "AppAnswer":
        """Run the app until its answer has begun; see `origin.Origin`."""
        # an extension could carry an answer past us (a file sent by path, a push)
        inner = {**scope, "headers": headers, "extensions": {}, KEY: told}
        answer = AppAnswer(self._app, inner, body)
        try:
            await answer.begun()
        except BaseException:
            await answer.close()
            raise
        return answer


class AppAnswer:
    """What one run of an app sends. Implements `origin.OriginAnswer`.

    The app's ``send`` returns when the piece it gave is dealt with, and raises `AnswerOver` when no
    more is taken. An app that raises, or ends without an answer, breaks the answer off. Work that an
    app does behind its answer is waited for.
    """

    def __init__(self, app: ASGIApp, scope: Scope, body: Body) -> None:
        self.status = 0
        self.headers: Headers = []
        self.ended = False
        self._body: bytes | None = body if isinstance(body, bytes) else None
        self._pieces = iter(()) if isinstance(body, bytes) else _messages(body)
        self._piece: bytes | None = None
        self._last = False
        self._closed = self._delivered = False
        self._fault: Exception | None = None
        self._left = asyncio.Event()
        self._turn: asyncio.Future[None] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._task = asyncio.create_task(self._run(app, scope))
        self._task.add_done_callback(self._ended_early)

    async def begun(self) -> None:
        """Wait for the head. Raises what the app raised."""
        while not self.status:
            await self._wait()

    async def read(self) -> bytes:
        """Let the app go on, and return what it gives next; see `origin.OriginAnswer`."""
        if self._piece is None:
            self._release()
        if self.ended:
            self._delivered = True
            return b""
        while self._piece is None:
            await self._wait()
        piece, self._piece = self._piece, None
        self.ended = self._last
        return piece

    async def close(self) -> None:
        """End the app's turn; see `origin.OriginAnswer`."""
        self._closed = True
        at_its_turn = self._turn is not None and not self._turn.done()
        self._left.set()
        self._release(AnswerOver())
        if not self._delivered and not (at_its_turn and await self._ends_by_itself()):
            self._task.cancel()
        try:
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait([self._task])
            raise

    async def _ends_by_itself(self) -> bool:
        done, _ = await asyncio.wait([self._task], timeout=GRACE_SECONDS)
        return bool(done)

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - whatever an app raises ends in a native error
            self._break_off(error)

    def _ended_early(self, _: asyncio.Task[None]) -> None:
        if self._last:
            self._wake()
        else:
            self._break_off(RuntimeError("the app ended without an answer"))

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        for message in self._pieces:
            return message
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._closed or self._last or self._fault is not None:
            raise AnswerOver
        kind = message["type"]
        if kind == "http.response.start" and not self.status:
            self.headers = lowered(message.get("headers", ()))
            self.status = message["status"]
            self._wake()
        elif kind == "http.response.body" and self.status:
            self._piece = message.get("body", b"")
            self._last = not message.get("more_body", False)
            self._turn = asyncio.get_running_loop().create_future()
            self._wake()
            await self._turn
        else:
            self._break_off(RuntimeError("the app sent a message out of turn"))
            raise AnswerOver

    def _break_off(self, fault: Exception) -> None:
        """Keep the first fault: what an app is told at its turn it may raise again."""
        if self._fault is None:
            self._fault = fault
        self._wake()

    async def _wait(self) -> None:
        if self._fault is not None:
            raise self._fault
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _release(self, error: Exception | None = None) -> None:
        turn = self._turn
        if turn is None or turn.done():
            return
        if error is None:
            turn.set_result(None)
        else:
            turn.set_exception(error)


def _messages(body: mmap) -> Iterator[Message]:
    """Yield a body in the pieces in which an app receives it."""
    *others, last = slices(body)
    for piece in others:
        yield {"type": "http.request", "body": taken(body, piece), "more_body": True}
    yield {"type": "http.request", "body": taken(body, last), "more_body": False}
