"""The folder of one key on this machine: the last policies that were good, and records on their way."""

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ...detection.errors import SealBroken
from ...detection.wire import Unreadable
from ...library.cache_folder import own_folder
from .address import Address, BadRemote
from .given import Given, decode
from .sealed import unseal

_POLICIES = "policies"


def private_folder(address: Address, wanted: Path | None) -> Path:
    """Return the folder, made when missing; each address and key has one of its own below `wanted`.

    Raises:
        BadRemote: it cannot be made, or others can reach into it.
    """
    name = hashlib.sha256(f"{address.url}\n{address.key}".encode()).hexdigest()[:24]
    try:
        base = own_folder().parent / "remote" if wanted is None else wanted
        folder = base / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except (OSError, RuntimeError) as error:
        raise BadRemote(f"state: no folder can be made: {error}") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise BadRemote(f"state: {folder} is not private; it must be this user's own, with mode 0700")
    return folder


class Kept:
    """The last good policies on disk, as they came: under the appliance's seal."""

    def __init__(self, folder: Path, address: Address) -> None:
        self._path = folder / _POLICIES
        self._key = address.key

    def load(self) -> Given | None:
        """Return them; None where there are none that this key opens and this version reads."""
        try:
            nonce, _, sealed = self._path.read_bytes().partition(b"\n")
            return decode(unseal(self._key, nonce.decode("ascii"), sealed))
        except (OSError, UnicodeDecodeError, SealBroken, Unreadable):
            return None

    def keep(self, nonce: str, sealed: bytes) -> None:
        """Keep an answer in place of the last one; a disk that is full keeps the last one."""
        draft = self._path.with_name(f"{_POLICIES}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(nonce.encode() + b"\n" + sealed)
            draft.replace(self._path)
        except OSError:
            with suppress(OSError):
                draft.unlink()
