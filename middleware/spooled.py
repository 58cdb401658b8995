"""Bodies that may be larger than memory is meant to hold: beyond a bound they lie in a nameless file."""

import mmap
import tempfile
from typing import IO

type Body = bytes | mmap.mmap
"""A body, whole. One in a file is given as a map of it: read it in slices."""

IN_MEMORY = 256 * 1024
"""Bytes up to which a body is no file."""
SLICE = 64 * 1024
"""Bytes of a file that are in memory at once while it is sent."""


class Spooled:
    """Collects a body. Close it when it was sent.

    The file is gone from its folder the moment it is made, so nothing is left of it whatever happens.
    """

    def __init__(self) -> None:
        self._start = bytearray()
        self._file: IO[bytes] | None = None
        self._map: mmap.mmap | None = None
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Add the next bytes."""
        self.size += len(piece)
        if self._file is None:
            self._start += piece
            if self.size > IN_MEMORY:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
                self._file.write(self._start)
                self._start.clear()
        else:
            self._file.write(piece)

    def body(self) -> Body:
        """Return what was collected."""
        if self._file is None:
            return bytes(self._start)
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._map

    def close(self) -> None:
        """Give back the file and the memory."""
        if self._map is not None:
            self._map.close()
        if self._file is not None:
            self._file.close()


def slices(body: Body) -> "list[slice]":
    """Return the slices in which a body is sent."""
    return [slice(at, at + SLICE) for at in range(0, len(body), SLICE)]


def taken(body: mmap.mmap, piece: slice) -> bytes:
    """Return a slice of a map; its pages need not stay in memory."""
    data = body[piece]
    body.madvise(mmap.MADV_DONTNEED, piece.start, len(data))
    return data
