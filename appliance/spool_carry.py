"""Exchanges that have not ended, carried over when the segments in which they began are removed."""

import contextlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from ..admin_ui.store.record import Record, repack, unpack
from .spool_folder import sync_file
from .spool_frame import aligned, body, scan

_LENGTH = struct.Struct("=I")


def read_carry(folder: Path, writer: str) -> list[Record]:
    """Return what was carried over for a writer."""
    try:
        data = _path(folder, writer).read_bytes()
    except FileNotFoundError:
        return []
    return [unpack(payload) for payload in scan(data, len(data)).payloads]


def write_carry(folder: Path, writer: str, records: Sequence[Record], *, durable: bool) -> None:
    """Carry over exactly these exchanges. With `durable` they would survive a power failure."""
    path = _path(folder, writer)
    if not records:
        path.unlink(missing_ok=True)
        return
    draft = path.with_suffix(".carry.new")
    with contextlib.closing(os.fdopen(os.open(draft, _NEW, 0o600), "wb")) as file:
        file.writelines(_frame(record) for record in records)
    if durable:
        sync_file(draft)
    draft.replace(path)
    if durable:
        sync_file(folder)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def _path(folder: Path, writer: str) -> Path:
    return folder / f"{writer}.carry"


def _frame(record: Record) -> bytes:
    payload = repack(record)
    frame = _LENGTH.pack(len(payload)) + body(payload)
    return frame.ljust(aligned(len(frame)), b"\0")
