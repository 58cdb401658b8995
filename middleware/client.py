"""The client's end of an exchange: its body replayed, its going away noticed."""

import asyncio
from collections.abc import Callable

from .asgi import GONE, Message, Receive, Scope
from .outlet import Outlet

GRACE_SECONDS = 1.0
"""What an app gets to end by itself once its answer was cut short."""


class Client:
    """Hands the judged body to the app and watches the connection while the app runs.

    When the client goes away before the end of its answer the app is cancelled. A server that
    says so by itself is subscribed to; any other one is asked, by a task that does nothing else.
    """

    def __init__(self, receive: Receive, body: bytes, outlet: Outlet, scope: Scope) -> None:
        self.gone = False
        self._outlet = outlet
        self._receive = receive
        self._body: bytes | None = body
        self._scope = scope
        self._left: asyncio.Event | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._cancelled = False
        self._watcher: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def receive(self) -> Message:
        """The `receive` of the app: the whole body once, then the disconnect when it comes."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if self._left is None:
            self._left = asyncio.Event()
            if self.gone:
                self._left.set()
        await self._left.wait()
        return {"type": "http.disconnect"}

    def begin(self) -> None:
        """The calling task runs the app from here on."""
        self._task = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task else 0
        subscribe: Callable[[Callable[[], None]], None] | None = (
            self._scope.get("extensions", {}).get(GONE, {}).get("subscribe")
        )
        if subscribe is not None:
            subscribe(self._gone)
        else:
            self._watcher = asyncio.create_task(self._watch())

    def end(self) -> None:
        """The app ended: nobody is cancelled any more."""
        self._task = None
        if self._watcher is not None:
            self._watcher.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def cancelled(self) -> bool:
        """Say whether a cancellation of the calling task is ours alone, and take it back if so."""
        if not self._cancelled or self._task is None:
            return False
        return self._task.uncancel() <= self._cancelling

    def hang_up(self) -> None:
        """Tell the app that nobody listens any more, and cancel it if it goes on."""
        if self._left is None:
            self._left = asyncio.Event()
        self._left.set()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._cancel)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone()

    def _gone(self) -> None:
        if self._left is not None:
            self._left.set()
        if not self._outlet.ended:
            self.gone = True
            self._cancel()

    def _cancel(self) -> None:
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()
