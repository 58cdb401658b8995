"""Frames written on time: a thread that sleeps until the next one is due and writes it.

An event loop's timers come in whole milliseconds, so many streams would speak at once and wait for
each other; here they are spread evenly over one pace, whatever their number.
"""

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

_SPREAD = 0.6180339887498949
"""Multiples of the golden section cut a circle into nearly even parts, however many there are."""
_GRACE = 0.005


class Writable(Protocol):
    """Where frames go; a socket is one."""

    def send(self, data: bytes, /) -> int:
        """Write at once or raise `OSError`."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(order=True, slots=True)
class _Due:
    at: float
    order: int
    stream: "PacedStream" = field(compare=False)


@dataclass(slots=True)
class PacedStream:
    """One answer on its way. `wrote` is told the number of each frame just before it is written."""

    connection: Writable
    frames: list[bytes]
    wrote: Callable[[int], None]
    next: int = 0


class Pacer:
    """Writes the frames of all streams.

    Args:
        pace: seconds between two frames of a stream.
    """

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._heap: list[_Due] = []
        self._changed = threading.Condition()
        self._count = 0

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        threading.Thread(target=self._run, name="pacer", daemon=True).start()

    def add(self, stream: PacedStream, phase: int) -> None:
        """Begin a stream. Streams whose `phase` differs speak at different times of the pace."""
        beat = (time.monotonic() + _GRACE) // self._pace + 1
        at = (beat + phase * _SPREAD % 1) * self._pace
        with self._changed:
            self._count += 1
            heapq.heappush(self._heap, _Due(at, self._count, stream))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._heap:
                    self._changed.wait()
                due = self._heap[0].at
            wait = due - time.monotonic()
            if wait > 0:
                # A stream added meanwhile is due in the next beat: later than what we wait for or
                # a beat behind, so nothing is missed by sleeping.
                time.sleep(wait)
            self._write_due()

    def _write_due(self) -> None:
        with self._changed:
            item = self._heap[0]
            goes_on = _write_next(item.stream)
            if goes_on:
                heapq.heapreplace(self._heap, _Due(item.at + self._pace, item.order, item.stream))
            else:
                heapq.heappop(self._heap)


def _write_next(stream: PacedStream) -> bool:
    """Write one frame; say whether there are more. A client that is gone or does not read gets none."""
    number = stream.next
    stream.next += 1
    stream.wrote(number)
    try:
        stream.connection.send(stream.frames[number])
    except OSError:
        stream.next = len(stream.frames)
    if stream.next < len(stream.frames):
        return True
    stream.connection.close()
    return False
