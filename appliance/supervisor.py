"""Keeps the processes of an appliance running: one control process and its workers.

Synchronous, one thread, no event loop: it forks. It serves nobody itself, so nothing a client sends
reaches it. Children take orders over their lifelines alone and end when it is gone.
"""

import logging
import os
import selectors
import signal
from collections.abc import Callable
from time import monotonic

from .board import Board, Slot
from .child import Child, Closable, spawn
from .errors import ApplianceError
from .lifeline import Order
from .logging import log_event
from .post import Crew, Post
from .signals import Signals

SILENT_SECONDS = 10.0
"""Silence after which a child counts as stuck and is killed. A long scan takes one or two."""
START_SECONDS = 120.0
"""How long a child may take until it is ready."""
MARGIN_SECONDS = 10.0
"""What a worker that drains gets beyond the grace period."""
RECORD_SECONDS = 30.0
"""How long the control process may take to write the rest of the record."""
TRIES = 3
"""Starts that may fail in a row before an appliance that never served gives up."""

_TICK = 1.0
_LATE = 3.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_LOG = logging.getLogger("sluicegate")


class Supervisor:
    """Runs a crew. `doors` are closed when it stops; `reread` gives the crew of a reload.

    The first slot of the board is the control process's, the last ones belong to those beside, the others
    to the workers.
    """

    def __init__(
        self, crew: Crew, board: Board, *, doors: tuple[Closable, ...], reread: Callable[[], Crew]
    ) -> None:
        self._crew = crew
        self._board = board
        self._doors = doors
        self._reread = reread
        ends = len(board.slots) - len(crew.beside)
        self._workers = range(1, ends)
        self._control = Post("control", crew.control, range(1))
        self._posts = self._worker_posts(crew)
        self._beside = [
            Post(name, main, range(ends + number, ends + number + 1))
            for number, (name, main) in enumerate(crew.beside)
        ]
        self._coming: list[Post] = []
        self._leaving: list[Child] = []
        self._next: Crew | None = None
        self._wanted = False
        self._announced = False
        self._stopping = False
        self._fault: ApplianceError | None = None
        self._looked = self._forgiven = monotonic()
        self._selector = selectors.DefaultSelector()
        self._signals = Signals(_SIGNALS)
        self._selector.register(self._signals, selectors.EVENT_READ, None)

    def start_control(self) -> None:
        """Start the control process ahead of the rest, while this process still prepares it."""
        self._fill(self._control)

    def run(self) -> None:
        """Return when everything has ended as asked. Raises `ApplianceError` when it could not run."""
        try:
            self._obey()
            while not (self._stopping and not self._children()):
                self._fill_posts()
                for key, _ in self._selector.select(self._patience()):
                    if isinstance(key.data, Child):
                        self._hear(key.data)
                self._obey()
                self._look()
        finally:
            self._selector.close()
            self._signals.restore()
        if self._announced:
            log_event(_LOG, logging.INFO, "stopped")
        if self._fault is not None:
            raise self._fault

    # children

    def _children(self) -> list[Child]:
        return [post.child for post in self._all_posts() if post.child is not None] + self._leaving

    def _all_posts(self) -> tuple[Post, ...]:
        return (self._control, *self._posts, *self._beside, *self._coming)

    def _worker_posts(self, crew: Crew) -> list[Post]:
        return [Post(f"worker {number}", crew.worker, self._workers) for number in range(crew.workers)]

    def _fill_posts(self) -> None:
        if self._stopping:
            return
        for post in self._all_posts():
            if post.child is None and post.due <= monotonic():
                self._fill(post)

    def _fill(self, post: Post) -> None:
        slot = self._free_slot(post.slots)
        if slot is None:
            post.due = monotonic() + _TICK
            return
        lines = [child.line for child in self._children()]
        child = spawn(post.name, post.main, slot, (self._selector, self._signals, *lines))
        post.child = child
        self._selector.register(child.line, selectors.EVENT_READ, child)

    def _free_slot(self, allowed: range) -> Slot | None:
        held = {child.slot.index for child in self._children()}
        return next((self._board.slots[index] for index in allowed if index not in held), None)

    def _hear(self, child: Child) -> None:
        for news in child.line.news():
            if news is None:
                self._selector.unregister(child.line)
                child.line.close()
            elif news.ready:
                child.ready = True
                self._arrived()
            else:
                child.reason, child.exit_code = news.reason, news.exit_code

    def _arrived(self) -> None:
        """A child is ready: announce once all are, and let a new generation take over."""
        if not self._announced and all(post.ready for post in (self._control, *self._posts, *self._beside)):
            self._announced = True
            self._order(self._control, Order.ANNOUNCE)
            log_event(_LOG, logging.INFO, "started", workers=len(self._posts))
        if self._coming and all(post.ready for post in self._coming):
            self._take_over()

    def _order(self, post: Post, order: Order) -> None:
        if post.child is not None:
            post.child.line.order(order)

    def _reap(self) -> None:
        """Collect every child that ended, also those of others if this is the first process."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self._children():
                if child.pid == pid:
                    self._ended(child, os.waitstatus_to_exitcode(status))

    def _ended(self, child: Child, code: int) -> None:
        if child.line.fileno() >= 0:
            self._hear(child)
        if child.line.fileno() >= 0:
            self._selector.unregister(child.line)
            child.line.close()
        child.slot.leave()
        if child in self._leaving:
            self._leaving.remove(child)
            if self._stopping and not self._others():
                self._drain_control()
            return
        post = next(post for post in self._all_posts() if post.child is child)
        if self._stopping:
            post.child = None
            self._ended_in_order(post, child, code)
        else:
            self._lost(post, child, code)

    def _ended_in_order(self, post: Post, child: Child, code: int) -> None:
        if code and self._fault is None and not child.killed:
            reason = child.reason or f"{child.name} ended with {code}"
            self._fault = _fault(child, reason)
        if post is not self._control and not self._others():
            self._drain_control()

    def _lost(self, post: Post, child: Child, code: int) -> None:
        """A child ended that should not have, or that a reload told to."""
        expected = child.deadline != float("inf") and code == 0
        post.ended(expected=expected)
        if expected:
            return
        if self._announced or not child.reason:
            log_event(
                _LOG,
                logging.ERROR,
                "child_ended",
                child=child.name,
                child_pid=child.pid,
                code=code,
                reason=child.reason,
            )
        if post in self._coming:
            self._give_up_reload(child.reason or f"{child.name} ended with {code}")
        elif not self._announced and (child.reason or post.backoff.ends >= TRIES):
            ended = f"{child.name} ended {TRIES} times while it started; the log says more"
            self._fault = _fault(child, child.reason or ended)
            self._stop()

    # signals and time

    def _obey(self) -> None:
        for number in self._signals.caught():
            if number == signal.SIGCHLD:
                self._reap()
            elif number == signal.SIGHUP:
                self._wanted = True
            elif self._stopping:
                self._stop_at_once()
            else:
                self._stop()
        if self._wanted and self._announced and not (self._stopping or self._coming) and self._has_room():
            self._wanted = False
            self._reload()

    def _patience(self) -> float:
        """Return how long nothing has to be done unless something happens."""
        now = monotonic()
        dues = [post.due for post in self._all_posts() if post.child is None]
        return min(_TICK, *(max(0.0, due - now) for due in dues)) if dues and not self._stopping else _TICK

    def _look(self) -> None:
        """Kill what is stuck or late. A machine that slept is no reason."""
        now = monotonic()
        if now - self._looked > _LATE:
            self._forgiven = now
        self._looked = now
        for child in self._children():
            if child.killed:
                continue
            beat = child.slot.beat if child.ready else child.born + START_SECONDS - SILENT_SECONDS
            if now > child.deadline or now - max(beat, self._forgiven) > SILENT_SECONDS:
                log_event(_LOG, logging.ERROR, "child_stuck", child=child.name, child_pid=child.pid)
                child.kill()

    # reload

    def _reload(self) -> None:
        """Start a new generation beside the old one."""
        try:
            self._next = self._reread()
        except ApplianceError as error:
            log_event(_LOG, logging.ERROR, "reload_failed", reason=str(error))
            return
        log_event(_LOG, logging.INFO, "reloading", workers=self._next.workers)
        self._coming = self._worker_posts(self._next)

    def _has_room(self) -> bool:
        """Say whether another generation fits on the board: earlier ones may be about to end still."""
        held = {child.slot.index for child in self._others()}.intersection(self._workers)
        return len(self._workers) - len(held) >= len(self._posts)

    def _take_over(self) -> None:
        """The new generation serves: the old one ends with its connections, then control changes."""
        if self._next is None:
            return
        until = monotonic() + 2 * self._crew.drain_seconds + MARGIN_SECONDS
        for post in self._posts:
            if post.child is not None:
                post.child.line.order(Order.RETIRE)
                post.child.deadline = until
                self._leaving.append(post.child)
        self._posts, self._coming = self._coming, []
        self._crew, self._next = self._next, None
        self._control.main = self._crew.control
        if self._control.child is not None:
            self._control.child.deadline = monotonic() + RECORD_SECONDS
        self._order(self._control, Order.DRAIN)
        log_event(_LOG, logging.INFO, "reloaded", workers=len(self._posts))

    def _give_up_reload(self, reason: str) -> None:
        log_event(_LOG, logging.ERROR, "reload_failed", reason=reason)
        for post in self._coming:
            if post.child is not None:
                post.child.deadline = monotonic() + MARGIN_SECONDS
                post.child.line.order(Order.DRAIN)
                self._leaving.append(post.child)
        self._coming, self._next = [], None

    # the end

    def _others(self) -> list[Child]:
        return [child for child in self._children() if child is not self._control.child]

    def _stop(self) -> None:
        """Drain the workers; the control process goes on until the last of them is gone."""
        self._stopping = True
        if self._announced:
            log_event(_LOG, logging.INFO, "draining", seconds=self._crew.drain_seconds)
        for thing in self._doors:
            thing.close()
        for child in self._others():
            child.line.order(Order.DRAIN)
            child.deadline = monotonic() + self._crew.drain_seconds + MARGIN_SECONDS
        if not self._others():
            self._drain_control()

    def _drain_control(self) -> None:
        if self._control.child is not None:
            self._control.child.deadline = monotonic() + RECORD_SECONDS
        self._order(self._control, Order.DRAIN)

    def _stop_at_once(self) -> None:
        log_event(_LOG, logging.ERROR, "stopped_at_once")
        for child in self._children():
            child.kill()
        os._exit(1)


def _fault(child: Child, reason: str) -> ApplianceError:
    error = ApplianceError(reason)
    error.exit_code = child.exit_code
    return error
