"""Files of labelled texts, read a piece at a time."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import SettingError
from ..numbered_lines import numbered_lines

_ENDINGS = (".jsonl", ".jsonl.gz")
_LINES, _BYTES = 200, 1 << 18


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file, the name it goes by in results (its own without ending), and its bytes."""

    name: str
    path: Path
    size: int


class Piece(NamedTuple):
    """Some lines of a file with their numbers, and how many bytes of the file were read by then."""

    file: DataFile
    lines: tuple[tuple[int, bytes], ...]
    position: int


def data_files(paths: Iterable[Path]) -> list[DataFile]:
    """Return the files named, and those of the folders named, by name. Raises `SettingError`."""
    found: dict[str, DataFile] = {}
    for path in paths:
        with _faults(path):
            for item in _inside(path):
                name = _name(item)
                if name in found and found[name].path.resolve() != item.resolve():
                    raise SettingError(f"{item}: another file is named {name}, too")
                found[name] = DataFile(name, item, item.stat().st_size)
    return list(found.values())


def pieces(file: DataFile) -> Iterator[Piece]:
    """Read a file, some lines at a time. Raises `SettingError`: it cannot be read, or a line is too long."""
    with _faults(file.path), file.path.open("rb") as raw:
        stream = gzip.GzipFile(fileobj=raw) if file.path.suffix == ".gz" else raw
        lines: list[tuple[int, bytes]] = []
        size = 0
        for number, line in numbered_lines(stream, str(file.path)):
            lines.append((number, line))
            size += len(line)
            if len(lines) >= _LINES or size >= _BYTES:
                yield Piece(file, tuple(lines), raw.tell())
                lines, size = [], 0
        yield Piece(file, tuple(lines), raw.tell())


def _inside(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(item for item in path.iterdir() if _is_data(item))
    if not found:
        raise SettingError(f"{path}: holds no .jsonl or .jsonl.gz file")
    return found


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error):
        raise SettingError(f"{path}: cannot be read: the compressed data is damaged") from None
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror or error}") from None


def _is_data(path: Path) -> bool:
    return path.name.endswith(_ENDINGS) and path.is_file()


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")
