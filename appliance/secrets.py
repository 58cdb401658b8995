"""The master secret of a data directory and the keys derived from it.

One file of 256 random bits, readable by its owner only. Every key the appliance needs is derived
from it with HKDF (RFC 5869, SHA-256) under a label of its own, so that none tells about another.
"""

import logging
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import ApplianceError
from .logging import log_event

FILE = "master.secret"
_BYTES = 32
_LOG = logging.getLogger("sluicegate.secrets")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys of 32 bytes each, none of them in ``repr``."""

    pepper: bytes = field(repr=False)
    """Keys the digests under which API keys are stored."""
    session_key: bytes = field(repr=False)
    """Signs the web admin's sessions."""
    placeholder_key: bytes = field(repr=False)
    """Keys placeholders and the digests of findings."""
    audit_key: bytes = field(repr=False)
    """Keys the audit chain."""
    service_key: bytes = field(repr=False)
    """Keys what the detection service signs and seals."""
    credential_key: bytes = field(repr=False)
    """Encrypts credentials of upstreams that stand in a settings file."""


def derive(master: bytes) -> Secrets:
    """Derive every key from the master secret."""
    return Secrets(
        pepper=_derive(master, b"api key pepper"),
        session_key=_derive(master, b"admin session"),
        placeholder_key=_derive(master, b"placeholder"),
        audit_key=_derive(master, b"audit chain"),
        service_key=_derive(master, b"detection service"),
        credential_key=_derive(master, b"upstream credential"),
    )


def prepare(data_dir: Path) -> Secrets:
    """Return the secrets of a data directory, made for its owner only where there is none.

    A directory that is there is left as it is: it may be a mounted volume, or a mistake. Raises
    `ApplianceError`.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(data_dir.stat().st_mode)
    except OSError as error:
        raise ApplianceError(f"data_dir: {data_dir} cannot be used: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        log_event(_LOG, logging.WARNING, "data_dir_open_to_others", path=str(data_dir), mode=f"{mode:04o}")
    return load_secrets(data_dir)


def load_secrets(data_dir: Path) -> Secrets:
    """Read the data directory's master secret, made on first use. Raises `ApplianceError`."""
    path = data_dir / FILE
    try:
        if not path.exists():
            _create(path)
        _refuse_if_shared(path)
        master = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise ApplianceError(f"{path}: cannot be used: {error.strerror}") from error
    except ValueError:
        raise ApplianceError(f"{path}: damaged; without it no stored key can be checked") from None
    if len(master) != _BYTES:
        raise ApplianceError(f"{path}: damaged; without it no stored key can be checked")
    return derive(master)


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read, whole or not at all; replaces an older one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_draft(draft, text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _create(path: Path) -> None:
    """Put a new secret in place; of several processes that do so at once one wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_draft(draft, secrets.token_hex(_BYTES) + "\n")
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def _write_draft(draft: Path, text: str) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _refuse_if_shared(path: Path) -> None:
    status = path.stat()
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ApplianceError(f"{path}: others on this machine can read it; chmod 600 it")
    if status.st_uid not in (os.geteuid(), 0):
        raise ApplianceError(f"{path}: belongs to somebody else, who may know it")


def _derive(master: bytes, label: bytes) -> bytes:
    return HKDF(SHA256(), _BYTES, salt=None, info=b"sluicegate " + label).derive(master)
