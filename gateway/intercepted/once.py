"""Numbers that are good once, whichever of the processes is asked."""

import fcntl
import mmap
import os
from dataclasses import dataclass, field

_CELLS = 1 << 16
"""Numbers that are remembered. Many more than a proxy hands over while a ticket is good."""


class Once:
    """Takes each number one time. Made before the processes that share it are forked.

    Numbers are issued one after the other; one that is older than the last `_CELLS` counts as taken.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _CELLS * 8)
        self._cells = memoryview(self._memory).cast("Q")
        self._lock = os.memfd_create("sluicegate-once")

    def take(self, number: int) -> bool:
        """Say whether a number is new, and take it."""
        at = number % _CELLS
        # two workers may be shown one ticket in the same moment: record locks are between processes
        fcntl.lockf(self._lock, fcntl.LOCK_EX, 1, at)
        try:
            if number <= self._cells[at]:
                return False
            self._cells[at] = number
            return True
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN, 1, at)


@dataclass(frozen=True, slots=True)
class Handed:
    """What the proxy and the gateway share, made before both: `key` signs tickets, `once` takes them."""

    key: bytes = field(repr=False)
    once: Once
