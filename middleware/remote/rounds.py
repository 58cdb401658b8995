"""A thread that does a few things again and again, and more seldom while they fail."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import uniform

from ..faults import describe

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two tries of what fails: doubled each time, with a quarter of chance either way."""

_LEAST = 0.05
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Task:
    """Something to do every so many seconds.

    `do` returns None where it went well, else how many seconds it is to be left alone at least.
    """

    do: Callable[[], float | None]
    every: float
    due: float = 0.0
    pause: float = 0.0

    def round(self, now: float) -> None:
        """Do it if it is time."""
        if now < self.due:
            return
        try:
            rest = self.do()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the thread goes on and tries again
            _log.error("a round failed: %s", describe(fault))
            rest = 0.0
        if rest is None:
            self.pause = 0.0
            self.due = now + self.every
            return
        self.pause = min(max(2 * self.pause, FIRST_PAUSE), LONGEST_PAUSE)
        self.due = now + max(rest, self.pause * uniform(0.75, 1.25))  # noqa: S311 - no secret hangs on it


class Rounds:
    """Runs tasks in a thread of its own that does not keep a program alive."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sluicegate-remote", daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """End the thread; wait so many seconds for it."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._over.is_set():
            for task in self._tasks:
                task.round(time.monotonic())
            pause = min(task.due for task in self._tasks) - time.monotonic()
            self._over.wait(max(_LEAST, pause))
