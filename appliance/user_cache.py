"""Compiled rules of whoever uses the command line without an appliance.

They stand in ``$XDG_CACHE_HOME/sluicegate`` (``~/.cache/sluicegate``), beside the key that proves they are
our own: the engine trusts what it loads. A folder that is not its user's alone is not used.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..detection.core import build_inspector
from ..detection.inspection import Inspector

_KEY = "key"
_BYTES = 32
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class UserCache:
    """A folder for compiled rules and the key of the files in it."""

    folder: Path
    key: bytes = field(repr=False)


def user_cache() -> UserCache | None:
    """Return the cache of this user, made when missing; None where there can be none."""
    try:
        folder = _home() / "sluicegate"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _private(folder):
            return None
        return UserCache(folder, _key(folder / _KEY))
    except (OSError, RuntimeError):  # no home, no room, or no right to write there
        return None


def user_inspector() -> Inspector:
    """Build the core with the built-in packs, from the user's cache where there is one."""
    cache = user_cache()
    if cache is None:
        return build_inspector(secrets.token_bytes(_BYTES))
    return build_inspector(cache.key, cache=cache.folder)


def _home() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"


def _private(path: Path) -> bool:
    found = path.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def _key(path: Path) -> bytes:
    """Return the key, made by whoever comes first. Raises `OSError`."""
    if not path.exists():
        partial = path.with_name(f"{_KEY}.{os.getpid()}.partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(partial)
        partial.unlink()
    key = path.read_bytes()
    if len(key) != _BYTES or not _private(path):
        raise OSError(f"{path} is no key of this user alone")
    return key
