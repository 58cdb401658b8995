"""When the upstream wrote each chunk, in memory that it shares with the load generator.

Times are nanoseconds of CLOCK_MONOTONIC, which all processes of one machine share. A stamp outside
of the payload measures the way of the bytes whatever a gateway does to the text in them.
"""

import mmap
from pathlib import Path

MOST_STREAMS = 256
MOST_CHUNKS = 4096
_BYTES = MOST_STREAMS * MOST_CHUNKS * 8


def create(path: Path) -> None:
    """Make the file, all zero."""
    with path.open("wb") as file:
        file.truncate(_BYTES)


class Stamps:
    """A table of times by stream and chunk; zero where nothing was written yet."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._cells = memoryview(mmap.mmap(file.fileno(), _BYTES)).cast("q")

    def write(self, stream: int, chunk: int, nanoseconds: int) -> None:
        """Note that a chunk is written now. Raises `IndexError` outside of the table."""
        self._cells[_index(stream, chunk)] = nanoseconds

    def read(self, stream: int, chunk: int) -> int:
        """Return when a chunk was written, 0 if it was not."""
        return self._cells[_index(stream, chunk)]

    def clear(self, streams: int, chunks: int) -> None:
        """Forget the first chunks of the first streams."""
        for stream in range(streams):
            start = _index(stream, 0)
            self._cells[start : start + chunks] = memoryview(bytes(chunks * 8)).cast("q")


def _index(stream: int, chunk: int) -> int:
    if not (0 <= stream < MOST_STREAMS and 0 <= chunk < MOST_CHUNKS):
        raise IndexError(f"stream {stream}, chunk {chunk}")
    return stream * MOST_CHUNKS + chunk
