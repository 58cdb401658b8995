"""The settings file, and on which of its lines a value stands.

The TOML parser of the standard library does not say where it found a value. The file's own
prefixes do: a statement starts right after the last prefix of whole lines that parses without
it. That asks the real parser and is only done for a message.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .errors import SettingError

type Keys = tuple[str | int, ...]
"""Where a value is: ``("upstreams", 1, "name")``."""

_LARGEST = 1024 * 1024
_AT = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Given:
    """A raw value and where it stands; `place` is only asked for a message."""

    value: object
    place: Callable[[], str]


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed settings file."""

    path: Path
    text: str
    data: Mapping[str, object]

    def line(self, keys: Keys) -> int:
        """Return the line, from 1, on which the statement that makes the value starts."""
        lines = [part + "\n" for part in self.text.split("\n")]
        end = bisect_left(range(len(lines) + 1), 1, key=lambda n: int(_has(_parsed(lines, n)[1], keys)))
        return _parsed(lines, end - 1)[0] + 1

    def place(self, keys: Keys) -> str:
        """Name the file and the line for a message."""
        return f"{self.path}, line {self.line(keys)}"

    def given(self, keys: Keys, value: object) -> Given:
        """Pair a value of this file with its place."""
        return Given(value, partial(self.place, keys))


def read_toml(path: Path) -> TomlFile:
    """Read and parse a settings file. Raises `SettingError` naming the file and the line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > _LARGEST:
        raise SettingError(f"{path}: larger than {_LARGEST} bytes; this is no settings file")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingError(f"{path}, line {line}: not UTF-8 text") from error
    try:
        return TomlFile(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingError(_syntax_error(path, text, str(error))) from error


def _syntax_error(path: Path, text: str, message: str) -> str:
    found = _AT.fullmatch(message)
    line = int(found[2]) if found and found[2] else text.count("\n") + 1
    return f"{path}, line {line}: not TOML: {found[1] if found else message}"


def _parsed(lines: list[str], count: int) -> tuple[int, Mapping[str, object]]:
    """Parse the longest prefix of at most `count` lines that is TOML; return its length too."""
    for length in range(count, 0, -1):
        try:
            return length, tomllib.loads("".join(lines[:length]))
        except tomllib.TOMLDecodeError:
            continue
    return 0, {}


def _has(data: object, keys: Keys) -> bool:
    for key in keys:
        if isinstance(data, Mapping) and key in data:
            data = data[str(key)]
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return False
    return True
