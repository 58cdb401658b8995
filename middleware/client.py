"""The client's end of an exchange: its going away is noticed."""

import asyncio
from collections.abc import Callable

from .asgi import GONE, Receive, Scope
from .outlet import Outlet


class Client:
    """Watches the connection while an exchange runs, and cancels it when the client goes away.

    A server that tells of it by itself is subscribed to; any other one is asked, by a task that
    does nothing else.
    """

    __slots__ = (
        "_cancelled", "_cancelling", "_heeding", "_outlet", "_receive", "_scope", "_task", "_watcher", "gone",
    )  # fmt: skip

    def __init__(self, receive: Receive, outlet: Outlet, scope: Scope) -> None:
        self.gone = False
        self._outlet = outlet
        self._receive = receive
        self._scope = scope
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._cancelled = False
        self._heeding: Callable[[], None] | None = None
        self._watcher: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The calling task is the exchange, and is watched from here on: call it before it waits."""
        self._task = task = asyncio.current_task()
        self._cancelling = task.cancelling() if task is not None else 0
        server = self._scope.get("extensions", {}).get(GONE)
        if server is not None:
            subscribe: Callable[[Callable[[], None]], None] = server["subscribe"]
            subscribe(self._leave)
        else:
            self._watcher = asyncio.create_task(self._watch())

    def heed(self, left: Callable[[], None]) -> None:
        """Call `left`, too, when the client goes away."""
        self._heeding = left
        if self.gone:
            left()

    def end(self) -> None:
        """Nothing is cancelled any more, whatever became of a cancellation."""
        if self._cancelled and self._task is not None:
            self._task.uncancel()
        self._task = None
        if self._watcher is not None:
            self._watcher.cancel()

    def cancelled(self) -> bool:
        """Say whether a cancellation of the calling task is ours alone."""
        if not self._cancelled or self._task is None:
            return False
        return self._task.cancelling() <= self._cancelling + 1

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._leave()

    def _leave(self) -> None:
        if self._outlet.ended:
            return
        self.gone = True
        if self._heeding is not None:
            self._heeding()
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()
