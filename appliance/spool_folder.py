"""Names and locks of the spool: who writes which file, and who still lives.

    WRITER.lock          locked (flock) for as long as the writer lives
    WRITER.00000001.seg  its segments, in order
    WRITER.carry         exchanges that began in segments that are gone, and have not ended
    drainer.lock         locked by the one process that empties the folder

Whatever ends in ``.new`` is not finished yet.
"""

import contextlib
import fcntl
import os
import re
import secrets
import time
from pathlib import Path

from .errors import ApplianceError

DRAINER = "drainer"
_SEGMENT = re.compile(r"(?P<writer>[0-9a-z-]+)\.(?P<number>[0-9]{8})\.seg")
_OWNED = re.compile(r"(?P<writer>[0-9a-z-]+)\.(?:lock|carry)")


def prepare_folder(folder: Path) -> None:
    """Make the folder for its owner only. Raises `ApplianceError` where that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ApplianceError(f"{folder}: the record cannot be kept there: {error.strerror}") from error


def new_writer() -> str:
    """Return a name that no other writer has, later ones behind earlier ones."""
    return f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"


def segment_path(folder: Path, writer: str, number: int) -> Path:
    """Return where a segment of a writer is."""
    return folder / f"{writer}.{number:08d}.seg"


def writers(folder: Path) -> dict[str, list[int]]:
    """Return every writer that left something, oldest first, with the numbers of its segments."""
    found: dict[str, list[int]] = {}
    for name in sorted(path.name for path in folder.iterdir()):
        if segment := _SEGMENT.fullmatch(name):
            found.setdefault(segment["writer"], []).append(int(segment["number"]))
        elif (owned := _OWNED.fullmatch(name)) and owned["writer"] != DRAINER:
            found.setdefault(owned["writer"], [])
    return found


def take_lock(folder: Path, name: str) -> int:
    """Lock a new or forgotten lock file and return its descriptor. Raises `BlockingIOError`.

    A new one has its name only once it is locked, so that nobody takes its owner for dead.
    """
    path, draft = folder / f"{name}.lock", folder / f"{name}.lock.new"
    if path.exists():
        return _locked(path)
    descriptor = _locked(draft)
    draft.rename(path)
    return descriptor


def is_dead(folder: Path, writer: str) -> bool:
    """Say whether the writer's lock is free or gone."""
    try:
        os.close(_locked(folder / f"{writer}.lock", os.O_RDWR))
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True


def forget(folder: Path, writer: str) -> None:
    """Remove everything of a dead writer; its lock last, so that a crash here is only a repetition."""
    names = sorted(folder.glob(f"{writer}.*"), key=lambda path: path.suffix == ".lock")
    for path in names:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def sync_file(path: Path) -> None:
    """Return when the file, or the names in the folder, would survive a power failure."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


def _locked(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
