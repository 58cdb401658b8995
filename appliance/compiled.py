"""Compiles the rules apart from the processes that use them.

Compiling takes tens of megabytes that are never given back, and every worker would inherit them. So
it is done in a child, for the files it leaves; who uses the rules then only loads them.
"""

import hashlib
import os
import signal
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from ..detection import rules
from .secrets import write_private

_STAMP = "stamp"
"""File that names the rules and the engine for which the folder was filled."""


def compile_apart(folder: Path, build: Callable[[], object], beside: str = "") -> bool:
    """Call `build` in a child if the folder was filled for other rules, or never.

    `beside` names the rules that were not shipped. Returns false when a signal ended the child: then
    this process is about to be told, too.
    """
    path = folder / _STAMP
    wanted = stamp(beside)
    if path.is_file() and path.read_text() == wanted:
        return True
    if _apart(build) < 0:
        return False
    if folder.is_dir():
        write_private(path, wanted)
    return True


def stamp(beside: str = "") -> str:
    """Return what names the shipped rules, those beside them, what writes them down, and the engine."""
    detection = Path(rules.__file__).parent
    digest = hashlib.sha256(version("hyperscan").encode())
    for path in sorted([*(detection / "packs").glob("*.toml"), *detection.rglob("*.py")]):
        digest.update(path.read_bytes())
    digest.update(beside.encode())
    return digest.hexdigest()


def _apart(work: Callable[[], object]) -> int:
    """Do something in a child for what it leaves on the disk; return its exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            work()
        finally:
            # What went wrong goes wrong again where it can be told.
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
