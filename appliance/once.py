"""What may happen once, held by files: it holds for all processes of a machine and survives a restart."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

KEPT_SECONDS = 3600.0
_SWEEP_SECONDS = 600.0


class OnceFolder:
    """Remembers names for an hour, as the digests of their names in a folder."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._swept = 0.0

    def first(self, name: str) -> bool:
        """Say whether `name` is used for the first time. Raises `OSError` when that cannot be known."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        try:
            (self._folder / hashlib.sha256(name.encode()).hexdigest()).touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _sweep(self) -> None:
        """Forget what nobody can use any more."""
        now = self._clock()
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        for file in self._folder.iterdir():
            try:
                if now - file.stat().st_mtime > KEPT_SECONDS:
                    file.unlink()
            except FileNotFoundError:  # another process was faster
                continue
