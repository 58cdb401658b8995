"""One preallocated file of the spool, as its writer sees it: memory that outlives the process."""

import contextlib
import mmap
import os
from pathlib import Path

from .spool_frame import COUNT_AT, END, HEADER, MAGIC, OVERHEAD, aligned, body

SEGMENT_BYTES = 4 * 1024 * 1024
_END_BYTES = 8
_WINDOW = 128 * 1024
"""Bytes of a segment that may be in the writer's own memory at once. The file keeps the others."""
_FIRST = mmap.PAGESIZE
"""Where the pages end that are written all the time."""


class NoSegment:
    """Stands in where there is no room for a segment."""

    def put(self, payload: bytes) -> bool:
        """Take nothing."""
        return False

    def seal(self) -> None:
        """End nothing."""


class Segment:
    """Appends frames to shared memory that belongs to a file. One call in a window reaches the system.

    Not a dataclass: it is written once an exchange.
    """

    __slots__ = ("_count", "_last", "_limit", "_map", "_used", "_view", "_words", "path")

    def __init__(self, path: Path, shared: mmap.mmap) -> None:
        self.path = path
        self._map = shared
        self._view = memoryview(shared)
        self._words = self._view.cast("I")
        self._count = self._view[COUNT_AT : COUNT_AT + 8].cast("Q")
        self._used = HEADER
        self._last = len(shared) - _END_BYTES
        self._limit = min(_WINDOW, self._last)

    @classmethod
    def allocate(cls, path: Path, size: int) -> "Segment":
        """Make a file of `size` bytes whose every page has its place on the disk, and none in memory.

        It takes its name only when it is whole. Raises `OSError` when there is no room.
        """
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
            shared = mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
            shared[: len(MAGIC)] = MAGIC
            draft.rename(path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        finally:
            os.close(descriptor)
        return cls(path, shared)

    def put(self, payload: bytes) -> bool:
        """Append a record; False, with nothing written, when it does not fit."""
        used, length = self._used, len(payload)
        end = used + OVERHEAD + length
        if end > self._limit and not self._slid(end):
            return False
        self._map[used + 4 : end] = body(payload)
        self._words[used >> 2] = length
        self._count[0] += 1
        self._used = aligned(end)
        return True

    def _slid(self, end: int) -> bool:
        """Let go of full pages and go on to the next ones; False when the segment ends before `end`."""
        if end > self._last:
            return False
        full = self._used - self._used % mmap.PAGESIZE
        if full > _FIRST:
            self._map.madvise(mmap.MADV_DONTNEED, _FIRST, full - _FIRST)
        self._limit = min(end + _WINDOW, self._last)
        return True

    def seal(self) -> None:
        """Say that no record follows, and let go of the memory."""
        self._words[self._used >> 2] = END
        for view in (self._words, self._count, self._view):
            view.release()
        self._map.close()
