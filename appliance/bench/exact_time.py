"""Waits that end when they are due.

An event loop's timers come in whole milliseconds: what is due within one would come at once, and wait for
each other.
"""

import asyncio
import heapq
import threading
import time
from contextlib import suppress


class ExactTime:
    """A thread that wakes who waits, in the loop that runs now. `close` ends it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heap: list[tuple[float, int, asyncio.Future[None]]] = []
        self._changed = threading.Condition()
        self._count = 0
        self._over = False
        self._thread = threading.Thread(target=self._run, name="exact time", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wake nobody any more."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join()

    async def until(self, due: float) -> None:
        """Return at a time of `time.perf_counter`, at once if it has passed."""
        if due <= time.perf_counter():
            return
        woken = self._loop.create_future()
        with self._changed:
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, woken))
            if self._heap[0][2] is woken:
                self._changed.notify()
        await woken

    def _run(self) -> None:
        with self._changed:
            while not self._over:
                wait = self._heap[0][0] - time.perf_counter() if self._heap else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                else:
                    self._wake(heapq.heappop(self._heap)[2])

    def _wake(self, woken: "asyncio.Future[None]") -> None:
        with suppress(RuntimeError):  # of a loop that has ended meanwhile
            self._loop.call_soon_threadsafe(_end, woken)


def _end(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)
