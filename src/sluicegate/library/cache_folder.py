"""Where compiled rules are kept between starts: a folder nobody else can touch.

Compiling takes seconds, loading a tenth of one. The engine trusts what it loads, so each file is
authenticated by a key that lies beside it, and the folder is used only if it is private.
"""

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..detection.database_cache import DatabaseCache

_KEY = "key"
_KEY_BYTES = 32


def open_cache(wanted: Path | bool) -> DatabaseCache | None:
    """Return the cache in a folder, made when missing; None where it is not private or cannot be made.

    Private means: a folder of this user's own, no link, closed to everybody else.

    Args:
        wanted: the folder; True for this user's own, after the XDG base directory specification,
            False for none.
    """
    if wanted is False:
        return None
    try:
        folder = own_folder() if wanted is True else wanted
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder, stat.S_ISDIR):
            return None
        key = _key(folder / _KEY)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    return DatabaseCache(folder, key) if key else None


def own_folder() -> Path:
    """Return this user's own folder, made or not. Raises `RuntimeError` for a user without a home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "sluicegate" / "rules"


def _key(path: Path) -> bytes | None:
    """Return the key of a folder; the first who comes makes it."""
    if not path.exists():
        partial = path.with_name(f"{_KEY}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        try:
            with suppress(FileExistsError):
                path.hardlink_to(partial)
        finally:
            partial.unlink()
    if not _is_private(path, stat.S_ISREG):
        return None
    key = path.read_bytes()
    return key if len(key) == _KEY_BYTES else None


def _is_private(path: Path, is_kind: Callable[[int], bool]) -> bool:
    status = path.lstat()
    return is_kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
