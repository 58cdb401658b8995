"""A stream that is one JSON array whose elements are the frames, sans-io.

Its elements are objects. What stands between them, white space and commas, belongs to the element
behind it, and is mended where elements are left out, so that the client always reads one array.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from ..errors import UpstreamFault
from ..json_text import dump
from .base import LARGEST

_SPACE = b" \t\r\n"
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+[{}\[\]]', re.DOTALL)
"""What leads to the next bracket that stands in no string, where all of it came."""
_END = b"]"


class Element(NamedTuple):
    """One element as it came, with what separates it from the one before; the array's end is its mark.

    The first is not plain: only one begins an array.
    """

    raw: bytes
    data: bytes | None
    plain: bool = False
    name: str = ""

    def with_data(self, data: bytes) -> bytes:
        """Write the element with other data."""
        return self.raw[: len(self.raw) - len(self.data or b"")] + data

    def without_data(self) -> bytes:
        """Return nothing: separators say nothing."""
        return b""


class JsonArray:
    """One JSON array, element by element."""

    mark: bytes | None = _END
    end = _END
    after_fault = _END

    def parser(self) -> "ArrayParser":
        """Begin a stream."""
        return ArrayParser()

    def write(self, tree: Any) -> bytes:
        """Write an element; `ArrayParser.join` gives it its separator."""
        return b",\n" + dump(tree)


class ArrayParser:
    """Cuts a byte stream into the elements of its array. Linear: no byte is looked at twice."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        self._depth = 0
        self._in_string = False
        self._begun = False
        self._ended = False
        self._elements = 0
        self._left = 0
        self._fault: UpstreamFault | None = None

    @property
    def separates(self) -> bool:
        """Whether no element left: what leaves first begins the array, all others bring their comma."""
        return not self._left

    @property
    def idle(self) -> bool:
        """Whether nothing waits: neither the rest of an element nor a fault."""
        return not self._buffer and self._fault is None

    @property
    def unfinished(self) -> bytes:
        """The bytes that wait for the rest of theirs."""
        return bytes(self._buffer)

    def feed(self, chunk: bytes) -> list[Element]:
        """Take the next bytes and return the elements they complete.

        Raises:
            UpstreamFault: this is no array of objects, or an element is larger than `LARGEST`. Elements
                before the fault were returned, however the stream is cut.
        """
        if self._fault is not None:
            raise self._fault
        if not self._buffer and (whole := self._whole(chunk)) is not None:
            return [whole]
        self._buffer += chunk
        events: list[Element] = []
        try:
            self._cut(events)
        except UpstreamFault as fault:
            self._fault = fault
            if not events:
                raise
        return events

    def _whole(self, chunk: bytes) -> Element | None:
        """Return a chunk that is one whole element, as most come; None for any other."""
        data = chunk.lstrip(_SPACE + b"[,")
        if self._ended or not (data.startswith(b"{") and data.endswith(b"}")):
            return None
        if chunk[: len(chunk) - len(data)].translate(None, _SPACE) != (b"," if self._elements else b"["):
            return None
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        self._begun, self._depth = True, 1
        self._elements += 1
        return Element(chunk, data, self._elements > 1)

    def _cut(self, events: list[Element]) -> None:
        while (end := self._next_end()) >= 0:
            raw = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._seen = 0
            events.append(self._element(raw))
        if len(self._buffer) > LARGEST:
            raise UpstreamFault("The upstream sent an event that is too large.", code="upstream_protocol")

    def close(self) -> Element | None:
        """Return white space behind the array; what is no whole element was cut off, no client can read it.

        Raises:
            UpstreamFault: something stands behind the array, or none began.
        """
        if self._fault is not None:
            raise self._fault
        rest = bytes(self._buffer)
        self._buffer.clear()
        if rest.strip(_SPACE) and (self._ended or not self._begun):
            raise _no_array()
        return Element(rest, None) if rest and self._ended else None

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put elements together, each with the separator it needs where it now stands."""
        if len(pieces) == 1 and self._left and pieces[0].startswith(b","):  # as most elements come
            return pieces[0]
        return b"".join([self._placed(piece) for piece in pieces])

    def _placed(self, piece: bytes) -> bytes:
        if self._left and piece.lstrip(_SPACE).startswith(b","):
            self._left += 1
            return piece
        said = piece.strip(_SPACE)
        if said in (b"", _END):
            return piece if self._left or not said else b"[" + piece
        data = piece.lstrip(_SPACE + b"[,")
        before = piece[: len(piece) - len(data)]
        self._left += 1
        if self._left == 1:
            return piece if b"[" in before else b"[" + data
        return piece if b"," in before else b",\n" + data

    def _next_end(self) -> int:
        """Return where the next element, or the array, ends; -1 when that did not come yet."""
        buffer = self._buffer
        while True:
            if not self._in_string and (brackets := _BRACKET.match(buffer, self._seen)) is not None:
                self._seen = brackets.end()
                if self._closes(bytes(buffer[self._seen - 1 : self._seen])):
                    return self._seen
                continue
            found = (_INSIDE if self._in_string else _OUTSIDE).search(buffer, self._seen)
            if found is None:
                self._seen = len(buffer)
                return -1
            mark, self._seen = found.group(), found.end()
            if mark == b"\\":
                if found.end() == len(buffer):  # what it escapes did not come yet
                    self._seen = found.start()
                    return -1
                self._seen += 1
            elif mark == b'"':
                self._in_string = not self._in_string
            elif self._closes(mark):
                return self._seen

    def _closes(self, mark: bytes) -> bool:
        """Count a bracket; say whether it ends an element or the array."""
        if self._ended or not (self._begun or mark == b"["):
            raise _no_array()
        self._begun = True
        self._depth += 1 if mark in b"{[" else -1
        if mark == b"]" and self._depth == 0:
            self._ended = True
            return True
        return mark in b"}]" and self._depth == 1

    def _element(self, raw: bytes) -> Element:
        if self._ended:
            if raw.strip(_SPACE) not in (b"]", b"[]"):
                raise _no_array()
            return Element(raw, _END)
        data = raw.lstrip(_SPACE + b"[,")
        separator = raw[: len(raw) - len(data)].translate(None, _SPACE)
        if separator != (b"," if self._elements else b"[") or not data.startswith(b"{"):
            raise _no_array()
        self._elements += 1
        return Element(raw, data, self._elements > 1)


def _no_array() -> UpstreamFault:
    return UpstreamFault("The upstream's stream is not an array of objects.", code="upstream_protocol")
