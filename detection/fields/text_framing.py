"""Framings whose frames hold text instead of JSON: each frame is told as a JSON string.

So a text that streams goes the way of all streams, and is judged by the same guard.
"""

import codecs
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from ..errors import UpstreamFault
from ..framing.base import LARGEST
from ..framing.sse import Event as SseEvent
from ..framing.sse import SseParser, write


class TextEvent(NamedTuple):
    """A server-sent event that holds text."""

    event: SseEvent
    data: bytes | None
    raw: bytes
    name: str
    plain: bool = False

    def with_data(self, data: bytes) -> bytes:
        """Write the event with another text."""
        return self.event.with_data(_unquoted(data))

    def without_data(self) -> bytes:
        """Return the lines that are not data."""
        return self.event.without_data()


class SseText:
    """Server-sent events that carry text.

    Args:
        mark: data of the event that says that nothing more comes; empty where none does.
    """

    after_fault = b""

    def __init__(self, mark: bytes = b"") -> None:
        self.mark: bytes | None = _quoted(mark) if mark else None
        self.end = write(mark) if mark else b""

    def parser(self) -> "SseTextParser":
        """Begin a stream."""
        return SseTextParser()

    def write(self, tree: Any) -> bytes:
        """Write an event whose data is this text."""
        return b"".join(b"data: %b\n" % line for line in _spelled(tree).split(b"\n")) + b"\n"


class SseTextParser:
    """Cuts a byte stream into events that hold text."""

    separates = False

    def __init__(self) -> None:
        self._parser = SseParser()

    @property
    def idle(self) -> bool:
        """Whether no bytes wait for the rest of their event."""
        return self._parser.idle

    @property
    def unfinished(self) -> bytes:
        """The bytes that wait for the rest of their event."""
        return self._parser.unfinished

    def feed(self, chunk: bytes) -> list[TextEvent]:
        """Take the next bytes and return the events they complete. Raises `UpstreamFault`."""
        return [_event(event) for event in self._parser.feed(chunk)]

    def close(self) -> TextEvent | None:
        """Return what came after the last end, if anything. Raises `UpstreamFault`."""
        rest = self._parser.close()
        return None if rest is None else _event(rest)

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put events together: they stand for themselves."""
        return b"".join(pieces)


class Piece(NamedTuple):
    """The next characters of a plain text."""

    raw: bytes
    data: bytes | None
    plain: bool = False
    name: str = ""

    def with_data(self, data: bytes) -> bytes:
        """Write other characters."""
        return _unquoted(data)

    def without_data(self) -> bytes:
        """Return nothing: there is nothing but the text."""
        return b""


class PlainPieces:
    """A plain text that grows."""

    mark: bytes | None = None
    end = b""
    after_fault = b""

    def parser(self) -> "PieceParser":
        """Begin a stream."""
        return PieceParser()

    def write(self, tree: Any) -> bytes:
        """Write the next characters."""
        return _spelled(tree)


class PieceParser:
    """Cuts a byte stream into characters. Bytes that are none in UTF-8 end it."""

    separates = False

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pending = b""

    @property
    def idle(self) -> bool:
        """Whether no character waits for its rest."""
        return not self._pending

    @property
    def unfinished(self) -> bytes:
        """The bytes of a character that wait for their rest."""
        return bytes(self._pending)

    def feed(self, chunk: bytes) -> list[Piece]:
        """Take the next bytes and return the characters they complete. Raises `UpstreamFault`."""
        return self._cut(chunk, final=False)

    def close(self) -> Piece | None:
        """Raise `UpstreamFault` for a character without its end."""
        rest = self._cut(b"", final=True)
        return rest[0] if rest else None

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put characters together."""
        return b"".join(pieces)

    def _cut(self, chunk: bytes, *, final: bool) -> list[Piece]:
        if len(chunk) > LARGEST:
            half = len(chunk) // 2
            return [*self._cut(chunk[:half], final=False), *self._cut(chunk[half:], final=final)]
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            raise UpstreamFault("The answer is not in UTF-8.", code="upstream_protocol") from None
        self._pending = self._decoder.getstate()[0]
        return [Piece(text.encode(), orjson.dumps(text))] if text else []


def _event(event: SseEvent) -> TextEvent:
    data = None if event.data is None else _quoted(event.data)
    return TextEvent(event, data, event.raw, event.name)


def _quoted(data: bytes) -> bytes:
    try:
        return orjson.dumps(data.decode())
    except UnicodeDecodeError:
        raise UpstreamFault("The answer is not in UTF-8.", code="upstream_protocol") from None


def _unquoted(data: bytes) -> bytes:
    return _spelled(orjson.loads(data))


def _spelled(tree: Any) -> bytes:
    text: str = tree
    return text.encode(errors="replace")
