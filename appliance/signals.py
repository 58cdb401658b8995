"""Signals as something to wait for, beside other things, in a process without an event loop."""

import os
import signal
from collections.abc import Iterable
from types import FrameType


class Signals:
    """Catches signals from now on. `fileno` is readable when some came; `close` gives them back."""

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self._former = {number: signal.signal(number, _caught) for number in numbers}
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def fileno(self) -> int:
        """The descriptor, for a selector."""
        return self._read

    def caught(self) -> list[signal.Signals]:
        """Return what came since the last call, in order."""
        try:
            return [signal.Signals(number) for number in os.read(self._read, 4096)]
        except BlockingIOError:
            return []

    def restore(self) -> None:
        """Let signals do what they did before. For the process that made this."""
        signal.set_wakeup_fd(-1)
        for number, former in self._former.items():
            signal.signal(number, former)
        self.close()

    def close(self) -> None:
        """Close the descriptors, in this process."""
        os.close(self._read)
        os.close(self._write)


def _caught(_number: int, _frame: FrameType | None) -> None:
    """The number was written to the pipe already."""
