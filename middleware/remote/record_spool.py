"""Records that wait for an appliance, in files that outlive the process: bounded, a line a record.

    TIME-PID-CHANCE.rec    locked (flock) by whoever writes or sends it

A process writes one file at a time; who sends takes the lock of files whose writer died, so that nothing
waits for a process that is gone. A file is removed when all of it was taken. What is sent twice is known by
its id.
"""

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from .entries import LARGEST

SEGMENT = 512 * 1024
"""Bytes after which a file is left to be sent."""

_SUFFIX = ".rec"


class RecordSpool:
    """Keeps lines. Any thread may put; one takes.

    Args:
        folder: private to this user; several processes may share it.
        most: bytes of all files together, about: what does not fit is lost, and told.
        lost: is told how many records are lost.
    """

    def __init__(self, folder: Path, most: int, lost: Callable[[int], None]) -> None:
        self._folder = folder
        self._most = most
        self._tell_lost = lost
        self._lock = threading.Lock()
        self._file = -1
        self._path = folder
        self._size = 0
        self._others = self._on_disk()

    @property
    def waits(self) -> int:
        """Bytes that wait, in the files of all processes when they were looked at last."""
        return self._others + self._size

    @property
    def full(self) -> bool:
        """Whether the next record may be lost."""
        return self.waits + LARGEST > self._most

    def put(self, line: bytes) -> None:
        """Keep a line; a process that is killed behind this call loses nothing."""
        with self._lock:
            if self.waits + len(line) + 1 > self._most or not self._written(line + b"\n"):
                self._tell_lost(1)
            elif self._size >= SEGMENT:
                self._leave()

    @contextmanager
    def waiting(self) -> Iterator[Iterator["Waiting"]]:
        """Give the files that can be sent, oldest first, this process's own among them."""
        with self._lock:
            self._leave()
        try:
            # closed here: a file that was not sent must be there for the next who sends
            with closing(self._takeable()) as files:
                yield files
        finally:
            with self._lock:
                self._others = self._on_disk()

    def close(self) -> None:
        """Leave the file that is being written to whoever sends."""
        with self._lock:
            self._leave()

    def forget(self) -> None:
        """Leave the file to the process that this one was forked from; called in the child alone."""
        self._lock = threading.Lock()
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size = -1, 0

    def _written(self, line: bytes) -> bool:
        """Say whether all of a line is in the file; a part of it is taken back."""
        try:
            if self._file < 0:
                self._begin()
            written = os.write(self._file, line)
            if written < len(line):
                os.ftruncate(self._file, self._size)
                return False
        except OSError:
            return False
        self._size += written
        return True

    def _begin(self) -> None:
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = self._folder / f"{name}{_SUFFIX}"
        draft = self._path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(draft, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(self._path)  # it has its name once it is locked: nobody takes its writer for dead
        except OSError:
            os.close(descriptor)
            raise
        self._file, self._size = descriptor, 0

    def _leave(self) -> None:
        """End the file that is being written."""
        if self._file >= 0:
            os.close(self._file)
            self._others += self._size
            self._file, self._size, self._path = -1, 0, self._folder

    def _takeable(self) -> Generator["Waiting"]:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            taken = _taken(path)
            if taken is not None:
                try:
                    yield taken
                finally:
                    taken.release()

    def _on_disk(self) -> int:
        size = 0
        with suppress(OSError), os.scandir(self._folder) as files:
            for file in files:
                if file.name.endswith(_SUFFIX) and file.path != str(self._path):
                    with suppress(OSError):  # sent and removed by another process meanwhile
                        size += file.stat().st_size
        return size


class Waiting:
    """A file that nobody writes any more, locked for us."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def lines(self) -> list[bytes]:
        """Return what is in it; the last line may be half of one."""
        with open(self._descriptor, "rb", closefd=False) as file:
            file.seek(0)
            return file.read().splitlines()

    def remove(self) -> None:
        """All of it was taken."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def release(self) -> None:
        """Let go of the lock."""
        os.close(self._descriptor)


def _taken(path: Path) -> Waiting | None:
    """Lock a file; None where somebody writes or sends it, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return Waiting(path, descriptor)
    except OSError:
        os.close(descriptor)
        return None
    os.close(descriptor)
    return None
