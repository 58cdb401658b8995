"""Exceptions raised at chosen points of the house's code: at the n-th line that runs in it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType

_TOOL = 4
_EVENTS = sys.monitoring.events


class Injected(Exception):
    """Stands for a fault that nobody thought of."""


class Lines:
    """Counts the lines that run in some files; at line `at` an exception is raised, once."""

    def __init__(self, wanted: Callable[[str], bool], at: int = 0) -> None:
        self._wanted = wanted
        self._at = at
        self.count = 0
        self.place = ""

    def seen(self, code: CodeType, line: int) -> object:
        """Be told of a line."""
        if not self._wanted(code.co_filename):
            return sys.monitoring.DISABLE
        self.count += 1
        if self.count == self._at:
            self.place = f"{code.co_filename.rpartition('/')[2]}:{line} in {code.co_name}"
            raise Injected
        return None


@contextmanager
def lines(wanted: Callable[[str], bool], at: int = 0) -> Iterator[Lines]:
    """Watch the lines of the files that are wanted."""
    watched = Lines(wanted, at)
    sys.monitoring.use_tool_id(_TOOL, "injected faults")
    try:
        sys.monitoring.register_callback(_TOOL, _EVENTS.LINE, watched.seen)
        sys.monitoring.set_events(_TOOL, _EVENTS.LINE)
        sys.monitoring.restart_events()
        yield watched
    finally:
        sys.monitoring.set_events(_TOOL, _EVENTS.NO_EVENTS)
        sys.monitoring.register_callback(_TOOL, _EVENTS.LINE, None)
        sys.monitoring.free_tool_id(_TOOL)
