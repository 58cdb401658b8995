"""Which lines of the product run: what tells a fuzzer that an input is worth keeping."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

type Reached = set[tuple[CodeType, int]]

_TOOL = 4


@contextmanager
def lines_reached(reached: Reached, folders: tuple[str, ...]) -> Iterator[None]:
    """Note the lines that run in files whose paths begin so; each is told once."""
    monitoring = sys.monitoring

    def on_line(code: CodeType, line: int) -> object:
        if code.co_filename.startswith(folders):
            reached.add((code, line))
        return monitoring.DISABLE

    monitoring.use_tool_id(_TOOL, "fuzz")
    monitoring.register_callback(_TOOL, monitoring.events.LINE, on_line)
    monitoring.set_events(_TOOL, monitoring.events.LINE)
    try:
        yield
    finally:
        monitoring.set_events(_TOOL, 0)
        monitoring.free_tool_id(_TOOL)
