"""Where the authority of the transparent proxy is kept: ``ca`` in the data directory, for its owner only.

A root is replaced in two steps, so that nobody is cut off: the next one is made and handed out while the
first still signs; once clients trust it, it takes over, and what it signs comes with the old root's word
for it, for those who have not heard yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .authority import Root, cross_signed, make_root, read_root
from .errors import ApplianceError
from .secrets import write_private

FOLDER = "ca"
ROOT, NEXT, PREVIOUS, CROSS = "root.pem", "next.pem", "previous.pem", "cross.pem"


@dataclass(frozen=True, slots=True)
class Authority:
    """The roots there are. `current` signs, `coming` is handed out already, `cross` vouches for `current`."""

    current: Root
    coming: Root | None = None
    previous: x509.Certificate | None = None
    cross: x509.Certificate | None = None

    @property
    def signing(self) -> bytes:
        """PEM of what signs, with its key, and of the chain that is sent along."""
        chain = self.cross.public_bytes(Encoding.PEM) if self.cross is not None else b""
        return self.current.pem + chain + self.current.key_pem

    @property
    def trusted(self) -> Sequence[x509.Certificate]:
        """The certificates that clients should trust, the one that signs first."""
        found = [self.current.certificate]
        if self.coming is not None:
            found.append(self.coming.certificate)
        return found

    @property
    def trusted_pem(self) -> bytes:
        """The same in PEM, one after the other."""
        return b"".join(item.public_bytes(Encoding.PEM) for item in self.trusted)


def open_authority(data_dir: Path, names: Iterable[str] | None) -> Authority:
    """Return the authority of a data directory, made on first use for the hosts that fit `names`.

    Raises `ApplianceError` for files that cannot be used.
    """
    folder = data_dir / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / ROOT).exists():
            _write(folder / ROOT, make_root(names))
        coming = _read(folder / NEXT) if (folder / NEXT).exists() else None
        return Authority(
            _read(folder / ROOT), coming, _certificate(folder / PREVIOUS), _certificate(folder / CROSS)
        )
    except OSError as error:
        raise ApplianceError(f"{folder}: cannot be used: {error.strerror}") from error


def rotate(data_dir: Path, names: Iterable[str] | None) -> Authority:
    """Make the next root; the present one goes on signing. Raises `ApplianceError` if there is one."""
    authority = open_authority(data_dir, names)
    if authority.coming is not None:
        raise ApplianceError(
            "the next root is made already; once clients trust it: sluicegate ca rotate --activate"
        )
    _write(data_dir / FOLDER / NEXT, make_root(names))
    return open_authority(data_dir, names)


def activate(data_dir: Path) -> Authority:
    """Let the next root sign from now on. Raises `ApplianceError` if there is none."""
    authority, folder = open_authority(data_dir, None), data_dir / FOLDER
    if authority.coming is None:
        raise ApplianceError("there is no next root; make it first: sluicegate ca rotate")
    cross = cross_signed(authority.coming, authority.current)
    write_private(folder / CROSS, cross.public_bytes(Encoding.PEM).decode())
    write_private(folder / PREVIOUS, authority.current.pem.decode())
    (folder / NEXT).replace(folder / ROOT)
    return open_authority(data_dir, None)


def _write(path: Path, root: Root) -> None:
    write_private(path, (root.pem + root.key_pem).decode())


def _read(path: Path) -> Root:
    if path.stat().st_mode & 0o077:
        raise ApplianceError(f"{path}: others on this machine can read it; chmod 600 it")
    raw = path.read_bytes()
    try:
        return read_root(raw, raw)
    except ValueError as error:
        raise ApplianceError(f"{path}: damaged: {error}") from None


def _certificate(path: Path) -> x509.Certificate | None:
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None
