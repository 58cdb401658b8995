"""An ASGI app as the origin of answers: it is called where its own server would call it.

What it sends is dealt with while it sends it, so an answer costs no task and waits for nobody.
"""

import asyncio
from collections.abc import Iterator
from mmap import mmap

from .asgi import ASGIApp, Headers, Message, Scope
from .handover import KEY, Handover
from .headers import lowered
from .origin import Taker
from .over import AnswerOver, ClientGone
from .spooled import Body, slices, taken

GRACE_SECONDS = 1.0
"""What an app gets to end by itself once its answer was cut short."""


class AppOrigin:
    """Lets an app answer. Implements `origin.Source`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def pour(self, scope: Scope, headers: Headers, body: Body, told: Handover, taker: Taker) -> None:
        """Run the app; see `origin.Source`.

        What an app raises, unless it only passes on that nobody listens, is also left with the handover.
        """
        run = AppRun(body, taker)
        # an extension could carry an answer past us (a file sent by path, a push)
        inner = {**scope, "headers": headers, "extensions": {}, KEY: told}
        try:
            await self._app(inner, run.receive, run.send)
        except Exception as fault:  # noqa: BLE001 - whatever an app raises ends in a native error
            if not _says_it_is_over(fault):
                told.raised = fault
            run.stop(fault)
            run.end()
        except asyncio.CancelledError:
            run.end()
            if run.cancelled():
                raise
        else:
            run.end()
        run.check()


class AppRun:
    """One run of an app.

    The app's ``send`` returns when the piece it gave is dealt with, and raises `AnswerOver` when no more is
    taken; then the app has `GRACE_SECONDS` to end. One that raises, or ends without an answer, breaks the
    answer off. Work that an app does behind its answer is not hurried.
    """

    __slots__ = (
        "_answered", "_begun", "_body", "_cancelling", "_cut", "_fault", "_left", "_over", "_pieces",
        "_sending", "_taker", "_task", "_timer",
    )  # fmt: skip

    def __init__(self, body: Body, taker: Taker) -> None:
        self._taker = taker
        self._body: bytes | None = None
        self._pieces: Iterator[Message] | None = None
        if isinstance(body, bytes):
            self._body = body
        else:
            self._pieces = _messages(body)
        self._begun = self._sending = self._over = self._cut = self._answered = False
        self._fault: Exception | None = None
        self._left: asyncio.Event | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task = task = asyncio.current_task()
        self._cancelling = 0 if task is None else task.cancelling()

    async def receive(self) -> Message:
        """Give the app its request, and then say when nobody listens any more."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if self._pieces is not None and (message := next(self._pieces, None)) is not None:
            return message
        if not self._over:
            if self._left is None:
                self._left = asyncio.Event()
                self._taker.heed(self._left.set)
            await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Deal with what the app gives. Raises `AnswerOver`."""
        if self._over:
            raise AnswerOver
        kind = message["type"]
        if kind == "http.response.body" and self._begun and not self._sending:
            last = not message.get("more_body", False)
            self._sending = True
            try:
                more = await self._taker.take(message.get("body", b""), last=last)
            except Exception as fault:  # noqa: BLE001 - it is told when the app has ended
                self.stop(fault)
                raise AnswerOver from None
            finally:
                self._sending = False
            if last:
                self._finish()
            elif not more:
                self.stop()
                raise AnswerOver
        elif kind == "http.response.start" and not self._begun:
            self._begun = True
            try:
                self._taker.begin(message["status"], lowered(message.get("headers", ())))
            except Exception as fault:  # noqa: BLE001 - as above
                self.stop(fault)
                raise AnswerOver from None
        else:
            self.stop(RuntimeError("the app sent a message out of turn"))
            raise AnswerOver

    def stop(self, fault: Exception | None = None) -> None:
        """Take no more. The first fault stands; one behind the end of the answer changes nothing."""
        if self._over:
            return
        self._fault = fault
        self._finish()
        self._timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._hurry)

    def _finish(self) -> None:
        self._over = True
        if self._left is not None:
            self._left.set()

    def _hurry(self) -> None:
        self._cut = True
        if self._task is not None:
            self._task.cancel()

    def end(self) -> None:
        """The app has ended, and is cancelled no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._cut and self._task is not None:
            self._task.uncancel()
        self._answered = self._over
        if not self._over:
            self._finish()

    def cancelled(self) -> bool:
        """Say, at the end, whether somebody else cancelled it: neither this run nor the app itself."""
        return self._task is None or self._task.cancelling() > self._cancelling

    def check(self) -> None:
        """Raise what kept the answer from being whole, if anything."""
        if self._fault is not None:
            raise self._fault
        if not self._answered:
            raise RuntimeError("the app ended without an answer")


def _says_it_is_over(fault: BaseException | None) -> bool:
    """Say whether an app only passes on that nobody listens any more."""
    seen = 0
    while fault is not None and seen < 16:
        if isinstance(fault, AnswerOver | ClientGone):
            return True
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
    return False


def _messages(body: mmap) -> Iterator[Message]:
    """Yield a body in the pieces in which an app receives it."""
    *others, last = slices(body)
    for piece in others:
        yield {"type": "http.request", "body": taken(body, piece), "more_body": True}
    yield {"type": "http.request", "body": taken(body, last), "more_body": False}
