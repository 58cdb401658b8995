"""One forked process, seen from the supervisor, and its first steps, seen from itself."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NoReturn, Protocol

from ..detection.errors import SluicegateError
from ..middleware.faults import describe
from .board import Slot
from .lifeline import Lifeline, News, lifelines
from .logging import log_event, name_process

type Main = Callable[[Slot, Lifeline], None]
"""What a child does until it is told to end. It holds the slot and listens to the lifeline."""

_LOG = logging.getLogger("sluicegate.child")


class Closable(Protocol):
    """Something of the supervisor's that a child must not keep open."""

    def close(self) -> None:
        """Close it in this process."""
        ...


@dataclass(slots=True, eq=False)
class Child:
    """A process that runs. Changes as the supervisor hears of it."""

    name: str
    pid: int
    slot: Slot
    line: Lifeline
    born: float
    ready: bool = False
    reason: str = ""
    """Why it said that it cannot go on."""
    exit_code: int = 1
    """What the appliance exits with if it cannot go on without this child."""
    deadline: float = float("inf")
    """When it is killed, by the monotonic clock."""
    killed: bool = False

    def kill(self) -> None:
        """End it at once; its end is heard of as any other."""
        self.killed = True
        os.kill(self.pid, signal.SIGKILL)


def spawn(name: str, main: Main, slot: Slot, ours: Iterable[Closable]) -> Child:
    """Fork a child that runs `main`. `ours` is what it must not keep open."""
    line, its_end = lifelines()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _run(name, main, slot, its_end, (*ours, line))
    its_end.close()
    return Child(name, pid, slot, line, monotonic())


def _run(name: str, main: Main, slot: Slot, line: Lifeline, ours: Iterable[Closable]) -> NoReturn:
    """Be the child. Nothing of the supervisor's stack is ever returned to."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        # A terminal and an init system signal the whole group; the supervisor alone keeps the order.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for thing in ours:
            thing.close()
        _show(name)
        name_process(name)
        slot.take(os.getpid())
        main(slot, line)
        code = 0
    except SluicegateError as error:
        line.tell(News(False, str(error), getattr(error, "exit_code", 1)))
    except BaseException as error:  # noqa: BLE001 - the last line of defence, as in the command itself
        log_event(_LOG, logging.ERROR, "child_failed", error=describe(error))
        _LOG.debug("child_failed", exc_info=True)
        line.tell(News(False, f"{name} failed: {describe(error)}"))
    finally:
        _exit(code)


def _exit(code: int) -> NoReturn:
    """End, also when nobody reads our output any more: what was forked must not return."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _show(name: str) -> None:
    """Let ``ps -o comm`` and ``top`` tell the processes apart, where the system has such a name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(f"sg {name}")
