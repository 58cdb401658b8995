"""JSON lines: one document a line, sans-io.

Lines end in LF, or CR LF; blank lines say nothing. Format: https://github.com/ndjson/ndjson-spec.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import UpstreamFault
from ..json_text import dump
from .base import LARGEST

_SPACE = b" \t\r\n"


class Line(NamedTuple):
    """One line as it came; `data` is None for a blank one."""

    raw: bytes
    data: bytes | None
    plain: bool = True
    name: str = ""

    def with_data(self, data: bytes) -> bytes:
        """Write the line with other data."""
        return data + self.raw[len(self.raw.rstrip(_SPACE)) :]

    def without_data(self) -> bytes:
        """Return nothing: white space says nothing."""
        return b""


class Ndjson:
    """JSON lines."""

    mark: bytes | None = None
    end = b""
    after_fault = b""

    def parser(self) -> "LineParser":
        """Begin a stream."""
        return LineParser()

    def write(self, tree: Any) -> bytes:
        """Write a line."""
        return dump(tree) + b"\n"


class LineParser:
    """Cuts a byte stream into lines. Linear: no byte is looked at twice."""

    separates = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0

    @property
    def idle(self) -> bool:
        """Whether no bytes wait for the rest of their line."""
        return not self._pieces

    @property
    def unfinished(self) -> bytes:
        """The bytes that wait for the rest of their line."""
        return b"".join(self._pieces)

    def feed(self, chunk: bytes) -> list[Line]:
        """Take the next bytes and return the lines they complete.

        Raises:
            UpstreamFault: a line is larger than `LARGEST`.
        """
        lines = chunk.split(b"\n")
        last = lines.pop()
        events = []
        for line in lines:
            events.append(_line(b"".join([*self._pieces, line, b"\n"])))
            if self._pieces:
                self._pieces.clear()
                self._held = 0
        if last:
            self._pieces.append(last)
            self._held += len(last)
            if self._held > LARGEST:
                raise UpstreamFault("The upstream sent a line that is too large.", code="upstream_protocol")
        return events

    def close(self) -> Line | None:
        """Return a line that has no end, if there is one."""
        rest = b"".join(self._pieces)
        self._pieces.clear()
        return _line(rest) if rest else None

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put lines together: they stand for themselves."""
        return b"".join(pieces)


def _line(raw: bytes) -> Line:
    return Line(raw, raw.strip(_SPACE) or None)
