"""Server-sent events, sans-io: bytes in, events out, every byte accounted for.

Format: the WHATWG HTML standard, section "Server-sent events". Lines end in LF, CR LF or CR; a
blank line ends an event. Concatenating the `raw` of all events and `rest` gives back the input.
"""

import re
from typing import NamedTuple

from ..errors import UpstreamFault

LARGEST = 4 << 20
"""Bytes one event may have."""

_END = re.compile(rb"(?:\r\n|\n)(?:\r\n|\n|\r(?!\n|\Z))|\r(?!\n)(?:\r\n|\n|\r)")
"""A CR behind an LF waits for what follows: clients that cut at CR LF would not see half of one as an end."""
_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(rb"\r\n|\n|\r")


class Event(NamedTuple):
    """One event as it came.

    `data` is None when the event has none (a comment, a ping). `plain`: the event is one line of
    data behind ``data: `` and nothing else. A tuple, because a stream has one for each word.
    """

    raw: bytes
    data: bytes | None
    plain: bool = False

    def with_data(self, data: bytes) -> bytes:
        """Write the event with other data; its other lines stay."""
        ending = _LINE.search(self.raw.lstrip(b"\r\n"))
        newline = ending.group() if ending else b"\n"
        others = [line for line in _LINE.split(self.raw) if line and not _is_data(line)]
        lines = [b"data: " + line for line in data.split(b"\n")]
        return newline.join([*others, *lines, b"", b""])

    def without_data(self) -> bytes:
        """Return the lines that are not data, as bytes to be judged."""
        if self.plain:
            return b""
        return b"\n".join(line for line in _LINE.split(self.raw) if line and not _is_data(line))


class SseParser:
    """Cuts a byte stream into events. Linear: it never looks at a byte twice for an end."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    @property
    def idle(self) -> bool:
        """Whether no bytes wait for the rest of their event."""
        return not self._buffer

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events they complete.

        Raises:
            UpstreamFault: an event is larger than `LARGEST`.
        """
        buffer = self._buffer
        if not buffer and (whole := _plain_events(chunk)):
            return whole
        buffer += chunk
        events: list[Event] = []
        start = 0
        search = self._searched
        while (end := _END.search(buffer, search)) is not None:
            events.append(_event(bytes(buffer[start : end.end()])))
            start = search = end.end()
        del buffer[:start]
        # An end is at most four bytes, so the last three may begin one.
        self._searched = max(0, len(buffer) - 3)
        if len(buffer) > LARGEST:
            raise UpstreamFault("The upstream sent an event that is too large.", code="upstream_protocol")
        return events

    def close(self) -> Event | None:
        """Return what came after the last end, if anything: an event the upstream did not finish."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return _event(rest) if rest else None


def _plain_events(chunk: bytes) -> list[Event]:
    """Cut a chunk that is nothing but whole events of one line of data each; [] for any other chunk."""
    if (
        not (chunk.startswith(b"data: ") and chunk.endswith(b"\n\n"))
        or b"\r" in chunk
        or len(chunk) > LARGEST
    ):
        return []
    if chunk.find(b"\n") == len(chunk) - 2:
        return [Event(chunk, chunk[6:-2], plain=True)]
    lines = chunk[:-2].split(b"\n\n")
    if not all(line.startswith(b"data: ") and b"\n" not in line for line in lines):
        return []
    return [Event(line + b"\n\n", line[6:], plain=True) for line in lines]


def write(data: bytes) -> bytes:
    """Write an event that has only data, in one line."""
    return b"data: " + data + b"\n\n"


def _event(raw: bytes) -> Event:
    if _MARK in raw and any(line.startswith(_MARK) for line in _LINE.split(raw)):
        # Some clients skip the mark, some do not: they would not see the same event.
        raise UpstreamFault("The upstream sent a byte order mark.", code="upstream_protocol")
    data = [_value(line) for line in _LINE.split(raw) if _is_data(line)]
    return Event(raw, b"\n".join(data) if data else None)


def _is_data(line: bytes) -> bool:
    return line.startswith(b"data:") or line == b"data"


def _value(line: bytes) -> bytes:
    value = line[5:]
    return value[1:] if value.startswith(b" ") else value
