"""Exceptions at any line of the addons."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from sluicegate.gateway import transparent

_FOLDER = Path(transparent.__path__[0]).resolve()
_WATCHED = {
    str(_FOLDER / f"{name}.py")
    for name in (
        "asked", "callers", "embedded", "interceptor", "judged_answer", "lookout", "post", "protocols",
        "sockets",
    )
}  # fmt: skip
# a `__call__` only catches what it calls
_NOT_WATCHED = {"running", "done", "__init__", "fails_open", "tally", "__call__"}


@cache
def _is_watched(file: str) -> bool:
    return str(Path(file).resolve()) in _WATCHED


class Injected(Exception):
    """Raised where nobody expects it."""


class Fuse:
    """Raises at the `at`-th line that runs in the addon. `burnt` says whether it came to that."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.burnt = False

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if code.co_name in _NOT_WATCHED or not _is_watched(code.co_filename):
            return None
        if event == "line" and not self.burnt:
            self._left -= 1
            if self._left < 0:
                self.burnt = True
                raise Injected
        return self


@contextmanager
def burning(fuse: Fuse) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(fuse)
    try:
        yield
    finally:
        sys.settrace(before)
