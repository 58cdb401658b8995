"""Going on without the guard where it fails, in an app that wants that.

Everything the guard receives and sends goes through a `Tap`, and so does the app it runs. While the guard
works, a tap only keeps what would be needed; once it has failed, client and app are joined behind its back.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from ..detection.types import Refusal
from ..library.embedded import Embedded
from .asgi import ASGIApp, Message, Receive, Scope, Send
from .over import AnswerOver

KEY = "sluicegate.tap"
"""Where the `Tap` of a request stands in its scope."""
GRACE_SECONDS = 1.0
"""What an app gets to end by itself once its answer was cut short."""

_FAULT = "internal_error"
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class GuardFailed(RuntimeError):
    """The guard failed on a request, and would tell the client so."""


class Telltale(Embedded):
    """A core that raises `GuardFailed` where the guard asks how to tell of its own failure."""

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error that is not the guard's. Raises `GuardFailed` for one that is."""
        if code == _FAULT:
            raise GuardFailed
        return super().error(dialect, status, code, message, param)


class Tap:
    """Keeps one request from depending on its guard.

    Args:
        app: serves the request.
        receive: of the server.
        send: of the server.
        note: is told of failures that the guard itself does not notice.
    """

    def __init__(self, app: ASGIApp, receive: Receive, send: Send, note: Callable[[Exception], None]) -> None:
        self._app = app
        self._note = note
        self._receive = receive
        self._send = send
        self._taken: deque[Message] = deque()
        self._begun = self._ended = self._failed = False
        self._head: Message | None = None
        self._given = _Given()
        self._task: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()
        self._cut = asyncio.Event()
        self._left = asyncio.Event()
        self._settled = asyncio.Event()

    async def receive(self) -> Message:
        """Receive for the guard, keeping what came."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._left.set()
        elif self._task is None:
            self._taken.append(message)
        if self._failed:  # whoever of the guard still waits here is not to do anything any more
            raise asyncio.CancelledError
        return message

    async def send(self, message: Message) -> None:
        """Send for the guard. A head waits for the first piece behind it."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None:
            head, self._head, self._begun = self._head, None, True
            await self._send(head)
        self._ended = not message.get("more_body", False)
        self._given.leaves(message.get("body", b""))
        await self._send(message)

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app for the guard, until it ends or the guard takes no more from it."""
        if self._failed:
            return
        inside = _Inside(self, receive, send)
        self._task = asyncio.ensure_future(self._app(scope, inside.receive, inside.send))
        cut = asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait((self._task, cut), return_when=asyncio.FIRST_COMPLETED)
        finally:
            cut.cancel()
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    @property
    def app_failed(self) -> bool:
        """Whether it was the app that failed."""
        task = self._task
        return task is not None and task.done() and not task.cancelled() and task.exception() is not None

    def check_complete(self) -> None:
        """Raise `GuardFailed` for a guard that ended without an answer, though its client is there."""
        if not (self._ended or self._left.is_set()):
            raise GuardFailed

    async def close(self) -> None:
        """The guard did its work: end the app's turn."""
        self._settled.set()
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=GRACE_SECONDS)
            self.abandon()

    def abandon(self) -> None:
        """Stop the app."""
        if self._task is not None:
            self._task.cancel()

    async def go_on(self, scope: Scope) -> None:
        """The guard failed: let client and app go on without it. Raises what the app raises."""
        self._failed = True
        self._broken.set()
        try:
            if not self._ended:
                await self._go_on(scope)
        finally:
            await self.close()

    async def _go_on(self, scope: Scope) -> None:
        given = self._given
        if self._begun and given.head is None:  # a refusal was on its way
            await self._send(_END)
        elif self._task is None:
            await self._app(scope, self._again, self._send)
        else:
            for message in given.rest(begun=self._begun):
                await self._send(message)
            self._settled.set()
            await self._task

    async def _again(self) -> Message:
        """Receive for an app that starts behind a failed guard: what was taken, then what comes."""
        return self._taken.popleft() if self._taken else await self._receive()

    def replayed(self, fault: Exception) -> Message:
        """Return the body that the client sent: the guard failed to give it."""
        self._note(fault)
        body = b"".join([message.get("body", b"") for message in self._taken])
        return {"type": "http.request", "body": body, "more_body": False}

    async def gone(self) -> Message:
        """Wait until the client leaves, or the guard has ended the answer."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._left, self._settled)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        while self._failed and not self._left.is_set():
            if (await self._receive())["type"] == "http.disconnect":
                self._left.set()
        return {"type": "http.disconnect"}

    async def through(self, message: Message, send: Send) -> None:
        """Send what the app gives, through the guard while it works. Raises `AnswerOver`."""
        if self._failed:
            await self._settled.wait()
            await self._send(message)
            return
        self._given.take(message)
        if not await self._by_guard(send(message)):
            self._cut.set()
            await self._settled.wait()
            self._check_over()

    async def _by_guard(self, sending: Awaitable[None]) -> bool:
        """Say whether the guard took a message; one that failed takes none."""
        taking = asyncio.ensure_future(sending)
        broken = asyncio.ensure_future(self._broken.wait())
        try:
            await asyncio.wait((taking, broken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            broken.cancel()
            if not taking.done():
                taking.cancel()
        fault = None if taking.cancelled() or not taking.done() else taking.exception()
        if isinstance(fault, Exception) and not isinstance(fault, AnswerOver):
            self._note(fault)
        return taking.done() and not taking.cancelled() and fault is None

    def _check_over(self) -> None:
        """Raise `AnswerOver` where the guard ended the answer; what it failed on was sent at its end."""
        if not self._failed:
            raise AnswerOver


class _Inside:
    """The app's end of a tap, as the guard runs the app."""

    def __init__(self, tap: Tap, receive: Receive, send: Send) -> None:
        self._tap = tap
        self._receive = receive
        self._send = send
        self._whole = False

    async def receive(self) -> Message:
        """Receive the request from the guard; if it fails at that, as the client sent it."""
        if self._whole:
            return await self._tap.gone()
        try:
            message = await self._receive()
        except Exception as fault:  # noqa: BLE001 - the guard's
            message = self._tap.replayed(fault)
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        await self._tap.through(message, self._send)


class _Given:
    """What an app gave and the client did not get.

    What the guard changed on its way cannot be laid beside what was given: then all that came before counts
    as gone.
    """

    def __init__(self) -> None:
        self.head: Message | None = None
        self._rest = bytearray()
        self._last = False

    def take(self, message: Message) -> None:
        """Note what the app gives."""
        if message["type"] == "http.response.start":
            self.head = message
        else:
            self._rest += message.get("body", b"")
            self._last = not message.get("more_body", False)

    def leaves(self, body: bytes) -> None:
        """Note what the guard lets go."""
        if self._rest.startswith(body):
            del self._rest[: len(body)]
        else:
            self._rest.clear()

    def rest(self, *, begun: bool) -> list[Message]:
        """Return what is missing, as messages."""
        if self.head is None:
            return []
        body: Message = {"type": "http.response.body", "body": bytes(self._rest), "more_body": not self._last}
        return [body] if begun else [self.head, body]


async def dispatched(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand where the app does, for guards whose requests have taps."""
    await scope[KEY].run(scope, receive, send)
