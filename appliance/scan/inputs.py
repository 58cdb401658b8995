"""What is scanned: texts with a name, read a piece at a time."""

import codecs
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import SettingError

_CHUNK = 1 << 20
_SNIFFED = 8192
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""In this order: the mark of UTF-32 begins like that of UTF-16."""
_HIDDEN = {".git", ".hg", ".svn"}


class Unreadable(SettingError):
    """An input that cannot be read or is no text."""


class Binary(Unreadable):
    """An input that is no text."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something to be scanned, and what it is called: a path as it was given, or ``<stdin>``.

    `named`: somebody asked for this very one; it was not met in a folder.
    """

    name: str
    open: Callable[[], io.BufferedIOBase] = field(repr=False)
    size: int = 0
    named: bool = True


def sources(paths: Iterable[Path]) -> Iterator[Source]:
    """Return files, and the files below folders in order. Links in folders are not followed.

    Raises:
        Unreadable: a path is not there.
    """
    for path in paths:
        if not path.exists():
            raise Unreadable(f"{path}: cannot be read: No such file or directory")
        if path.is_dir():
            yield from _below(path)
        else:
            yield _source(path, named=True)


def _below(folder: Path) -> Iterator[Source]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _HIDDEN)
        for name in sorted(files):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield _source(path, named=False)


def _source(path: Path, *, named: bool) -> Source:
    return Source(str(path), lambda: path.open("rb"), path.stat().st_size, named)


def chunks(stream: io.BufferedIOBase, name: str, report: Callable[[int], None]) -> Iterator[str]:
    """Read a text: UTF-8, or UTF-16 or UTF-32 behind a mark. What is not valid becomes U+FFFD.

    Args:
        stream: its bytes.
        name: what it is called, for errors.
        report: told how many bytes were read.

    Raises:
        Binary: it holds NUL bytes.
        Unreadable: reading fails.
    """
    data = _begun(stream, name)
    encoding = _encoding(data)
    if encoding == "utf-8" and b"\0" in data:
        raise Binary(f"{name}: not a text file")
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    done = 0
    while data:
        done += len(data)
        yield decoder.decode(data)
        report(done)
        data = _read(stream, name)
    yield decoder.decode(b"", final=True)


def _begun(stream: io.BufferedIOBase, name: str) -> bytes:
    """Return enough of a stream to tell what it is."""
    begun = b""
    while len(begun) < _SNIFFED and (data := _read(stream, name)):
        begun += data
    return begun


def _read(stream: io.BufferedIOBase, name: str) -> bytes:
    # One read of the system at most: an interrupt would wait for a whole chunk.
    try:
        return stream.read1(_CHUNK)
    except OSError as error:
        raise Unreadable(f"{name}: cannot be read: {error.strerror}") from None


def _encoding(data: bytes) -> str:
    return next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
