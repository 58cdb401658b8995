"""Server-sent events, sans-io: bytes in, events out, every byte accounted for.

Format: the WHATWG HTML standard, section "Server-sent events". Lines end in LF, CR LF or CR; a
blank line ends an event. Concatenating the `raw` of all events and `rest` gives back the input.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import UpstreamFault
from ..json_text import dump
from .base import LARGEST

_END = re.compile(rb"(?:\r\n|\n)(?:\r\n|\n|\r(?!\n|\Z))|\r(?!\n)(?:\r\n|\n|\r)")
"""A CR behind an LF waits for what follows: clients that cut at CR LF would not see half of one as an end."""
_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(rb"\r\n|\n|\r")
_DONE = b"[DONE]"
_NO_NAMES: frozenset[bytes] = frozenset()


class Event(NamedTuple):
    """One event as it came.

    `data` is None when the event has none (a comment, a ping). `plain`: the event is one line of
    data behind ``data: ``, before it at most a name that the format defines, and nothing else. A
    tuple, because a stream has one for each word.
    """

    raw: bytes
    data: bytes | None
    plain: bool = False
    name: str = ""

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


class Sse:
    """Server-sent events that carry JSON.

    Args:
        name: returns the name of an event that is written; None where events have no names.
        names: names that the format defines: nobody's words, so they need no judging.
        end: data of the event that ends every stream; empty where none does.
    """

    mark: bytes | None = _DONE
    after_fault = b""

    def __init__(
        self,
        name: Callable[[Any], str] | None = None,
        names: Sequence[str] = (),
        end: bytes = b"",
    ):
        self._name = name
        self._names = frozenset(item.encode() for item in names)
        self.end = write(end) if end else b""

    def parser(self) -> "SseParser":
        """Begin a stream."""
        return SseParser(self._names)

    def write(self, tree: Any) -> bytes:
        """Write an event, under its name where events have names."""
        event = write(dump(tree))
        return event if self._name is None else b"event: %b\n%b" % (self._name(tree).encode(), event)


class SseParser:
    """Cuts a byte stream into events. Linear: it never looks at a byte twice for an end.

    Args:
        names: names of events that the format defines.
    """

    separates = False

    def __init__(self, names: frozenset[bytes] = _NO_NAMES) -> None:
        self._names = names
        self._buffer = bytearray()
        self._searched = 0
        self._fault: UpstreamFault | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits: neither the rest of an event nor a fault."""
        return not self._buffer and self._fault is None

    @property
    def unfinished(self) -> bytes:
        """The bytes that wait for the rest of theirs."""
        return bytes(self._buffer)

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events they complete.

        Raises:
            UpstreamFault: an event is larger than `LARGEST`, or can be read in two ways. Events before
                it were returned, however the stream is cut.
        """
        if self._fault is not None:
            raise self._fault
        buffer = self._buffer
        if not buffer and (whole := self._plain_events(chunk)):
            return whole
        buffer += chunk
        events: list[Event] = []
        try:
            self._cut(events)
        except UpstreamFault as fault:
            self._fault = fault
            if not events:
                raise
        return events

    def _cut(self, events: list[Event]) -> None:
        buffer = self._buffer
        start = 0
        search = self._searched
        while (end := _END.search(buffer, search)) is not None:
            events.append(self._event(bytes(buffer[start : end.end()])))
            start = search = end.end()
        del buffer[:start]
        # An end is at most four bytes, so the last three may begin one.
        self._searched = max(0, len(buffer) - 3)
        if len(buffer) > LARGEST:
            raise UpstreamFault("The upstream sent an event that is too large.", code="upstream_protocol")

    def close(self) -> Event | None:
        """Return what came after the last end, if anything: an event the upstream did not finish.

        Raises:
            UpstreamFault: as `feed`.
        """
        if self._fault is not None:
            raise self._fault
        rest = bytes(self._buffer)
        self._buffer.clear()
        return self._event(rest) if rest else None

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put events together: they stand for themselves."""
        return b"".join(pieces)

    def _plain_events(self, chunk: bytes) -> list[Event]:
        """Cut a chunk that is nothing but whole plain events; [] for any other chunk."""
        if (
            not (chunk.startswith((b"data: ", b"event: ")) and chunk.endswith(b"\n\n"))
            or b"\r" in chunk
            or len(chunk) > LARGEST
        ):
            return []
        if chunk.startswith(b"data: ") and chunk.find(b"\n") == len(chunk) - 2:
            return [Event(chunk, chunk[6:-2], plain=True)]
        events: list[Event] = []
        for lines in chunk[:-2].split(b"\n\n"):
            name, data = b"", lines
            if lines.startswith(b"event: "):
                name, _, data = lines[7:].partition(b"\n")
            if not data.startswith(b"data: ") or b"\n" in data or (name and name not in self._names):
                return []
            events.append(Event(lines + b"\n\n", data[6:], plain=True, name=name.decode()))
        return events

    def _event(self, raw: bytes) -> Event:
        lines = _LINE.split(raw)
        if _MARK in raw and any(line.startswith(_MARK) for line in lines):
            # Some clients skip the mark, some do not: they would not see the same event.
            raise UpstreamFault("The upstream sent a byte order mark.", code="upstream_protocol")
        data = [_value(line[5:]) for line in lines if _is_data(line)]
        name = b""
        for line in lines:
            if line.startswith(b"event:"):
                name = _value(line[6:])
        said = [line for line in lines if line]
        known = [b"event: " + name] if name in self._names else []
        plain = bool(data) and said[:-1] == known and said[-1].startswith(b"data: ")
        return Event(raw, b"\n".join(data) if data else None, plain, name.decode("utf-8", "replace"))


def write(data: bytes) -> bytes:
    """Write an event that has only data, in one line."""
    return b"data: " + data + b"\n\n"


def _is_data(line: bytes) -> bool:
    return line.startswith(b"data:") or line == b"data"


def _value(field: bytes) -> bytes:
    return field[1:] if field.startswith(b" ") else field
