"""Takes connections from a port that several workers share, so that each gets its part.

All of them wait for the same socket, which the supervisor keeps open for life: a connection that
waits in its queue when a worker ends is taken by another. Whoever wakes first while another worker
has fewer connections leaves the next one to that worker for a moment - and no longer, for that
worker may be busy.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

from .board import Slot
from .logging import log_event

MOMENT = 0.004
"""Seconds for which a connection is left to others."""
SILENT = 2.0
"""Seconds without a sign of life after which nothing is left to a worker."""
SHORT_SECONDS = 0.5
"""How long to wait when the machine is short of something connections need."""

_SHORT = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_LOG = logging.getLogger("sluicegate.acceptor")


class Acceptor:
    """Accepts one connection at a time and gives it a protocol from `connect`.

    `own` is the slot of this process, where its connections are counted; `rivals` are those of
    processes that take from the same socket.
    """

    def __init__(
        self,
        listening: socket.socket,
        connect: Callable[[], asyncio.BaseProtocol],
        own: Slot,
        rivals: tuple[Slot, ...],
    ) -> None:
        self._socket = listening
        self._connect = connect
        self._own = own
        self._rivals = rivals
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._patient = False
        self._opening: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin to accept."""
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def stop(self) -> None:
        """Accept no more and close this process's copy of the socket."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        if not self._patient and self._left_to_others():
            self._patient = True
            self._wait(MOMENT)
            return
        self._patient = False
        try:
            taken, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _SHORT:
                raise
            log_event(_LOG, logging.ERROR, "accept_failed", error=error.strerror)
            self._wait(SHORT_SECONDS)
            return
        taken.setblocking(False)
        self._own.connections += 1
        task = self._loop.create_task(self._open(taken))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, taken: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._connect, taken)
        except OSError:
            # it was reset while it waited
            self._own.connections -= 1
            taken.close()

    def _left_to_others(self) -> bool:
        count = self._own.connections
        if not count:
            return False
        now = monotonic()
        return any(
            rival.connections < count
            for rival in self._rivals
            if rival.accepting and now - rival.beat < SILENT
        )

    def _wait(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._pause = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._pause = None
        self.start()
