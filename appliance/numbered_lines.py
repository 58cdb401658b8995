"""Lines of a file with their numbers, each of bounded length."""

import io
from collections.abc import Iterator

from .errors import SettingError

LONGEST = 64 << 20
"""Bytes of a line that is still read; memory is bounded by it."""


def numbered_lines(
    stream: io.BufferedIOBase, name: str, longest: int = LONGEST
) -> Iterator[tuple[int, bytes]]:
    """Read lines that are not blank, counted from 1.

    Raises:
        SettingError: a line is longer than `longest`; `name` says where.
        OSError: reading fails.
    """
    number = 0
    while line := stream.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise SettingError(f"{name}:{number}: the line is longer than {longest:,} bytes")
        if not line.isspace():
            yield number, line
