"""Amazon's event stream, sans-io: binary messages with headers and checksums, every byte accounted for.

Format: the AWS event stream encoding (``application/vnd.amazon.eventstream``), big-endian:

    u32 length of all | u32 length of the headers | u32 CRC of the 8 bytes before
    headers | payload | u32 CRC of everything before
    header: u8 length, name | u8 type | value (of string and bytes: u16 length before it)

Concatenating the `raw` of all messages gives back the input. Lengths are believed only when their own
checksum is right, and bounded before anything is kept.
"""

import re
from binascii import Error, a2b_base64, b2a_base64, crc32
from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, NamedTuple

from ..errors import BadInput, UpstreamFault
from ..json_read import read
from ..json_text import dump
from .aws_headers import Header, headers, text_header

CONTENT_TYPE = "application/vnd.amazon.eventstream"
LARGEST = 4 << 20
"""Bytes one message may have. The format knows 24 MiB; no event of a model comes near."""
LONGEST_HEADERS = 128 << 10
"""Bytes the headers may have, as the format says."""

_PRELUDE = Struct("!III")
_CHECKSUM = Struct("!I")
_AROUND = _PRELUDE.size + _CHECKSUM.size
_NAME = re.compile(r"[A-Za-z][A-Za-z-]{0,63}")
_MARKS = frozenset((":message-type", ":event-type", ":exception-type", ":content-type"))
_JSON = "application/json"
_EXCEPTION = "Exception"
_CHUNK = "chunk"
_PADDING = "p"
_USUAL = re.compile(rb'\{"bytes":"([A-Za-z0-9+/=]*+)"(?:,"p":"([A-Za-z0-9]*+)")?+\}')
_MOST_KNOWN = 64


class Message(NamedTuple):
    """One message as it came. A tuple, because a stream has one for each word.

    `data` is JSON: an object whose only member is the event's name and holds the payload, or the
    document that a ``chunk`` carries in base64. It is None where a message has none. `aside` is what
    else it says.
    """

    raw: bytes
    data: bytes | None
    name: str = ""
    aside: bytes = b""
    plain: bool = False
    carried: Mapping[str, Any] | None = None
    """Members of the payload of a ``chunk``."""

    def with_data(self, data: bytes) -> bytes:
        """Write the message with other data; its headers stay."""
        if self.carried is not None:
            payload = dump({"bytes": _base64(data), **self.carried})
        else:
            payload = data[len(_before(self.name)) : -1]
        length = _PRELUDE.unpack_from(self.raw)[1]
        return _message(self.raw[_PRELUDE.size : _PRELUDE.size + length], payload)

    def without_data(self) -> bytes:
        """Return what the message says beside its data, as bytes to be judged."""
        return self.aside


class AwsEventStream:
    """The framing of Bedrock's streams.

    Args:
        chunks: the messages carry documents of a model's own format in base64
            (``invoke-with-response-stream``); else each is an event of Bedrock's.
    """

    mark: bytes | None = None
    end = b""
    after_fault = b""

    def __init__(self, *, chunks: bool = False) -> None:
        self._chunks = chunks

    def parser(self) -> "MessageParser":
        """Return a parser for one stream."""
        return MessageParser(chunks=self._chunks)

    def write(self, tree: Any) -> bytes:
        """Write one message: an object with one member, the event's name, or a model's own document."""
        name, payload = next(iter(tree.items()))
        if len(tree) == 1 and name.endswith(_EXCEPTION):
            return _message(_marks("exception", name), dump(payload))
        if self._chunks:
            return _message(_marks("event", _CHUNK), dump({"bytes": _base64(dump(tree))}))
        return _message(_marks("event", name), dump(payload))


class MessageParser:
    """Cuts a byte stream into messages. Linear: a byte is looked at when its message is whole.

    What is at fault in a message is raised when all messages before it were returned, however the
    stream is cut.
    """

    separates = False

    def __init__(self, *, chunks: bool = False) -> None:
        self._chunks = chunks
        self._buffer = bytearray()
        self._fault: UpstreamFault | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits: neither the rest of a message nor a fault."""
        return not self._buffer and self._fault is None

    @property
    def unfinished(self) -> bytes:
        """The bytes that wait for the rest of theirs."""
        return bytes(self._buffer)

    def feed(self, chunk: bytes) -> list[Message]:
        """Take the next bytes and return the messages they complete.

        Raises:
            UpstreamFault: what comes next is no message, or larger than `LARGEST`.
        """
        if self._fault is not None:
            raise self._fault
        self._buffer += chunk
        found: list[Message] = []
        start = 0
        try:
            while (length := self._length(start)) and start + length <= len(self._buffer):
                found.append(_read(bytes(self._buffer[start : start + length]), chunks=self._chunks))
                start += length
        except UpstreamFault as fault:
            self._fault = fault
            if not found:
                raise
        del self._buffer[:start]
        return found

    def close(self) -> None:
        """End the stream; nothing is left then. Raises `UpstreamFault` when a message was cut off."""
        if self._fault is not None:
            raise self._fault
        if self._buffer:
            raise _broken("is cut off")

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put messages together: each stands for itself."""
        return b"".join(pieces)

    def _length(self, start: int) -> int:
        """Return the length of the message that begins here; 0 while it is not known."""
        if len(self._buffer) - start < _PRELUDE.size:
            return 0
        total, head, checksum = _PRELUDE.unpack_from(self._buffer, start)
        if crc32(self._buffer[start : start + 8]) != checksum:
            raise _broken("has a wrong checksum")
        if total > LARGEST:
            raise _broken("is too large")
        if head > LONGEST_HEADERS or total < _AROUND + head:
            raise _broken("has impossible lengths")
        return int(total)


def _read(raw: bytes, *, chunks: bool) -> Message:
    if crc32(raw[:-4]) != _CHECKSUM.unpack_from(raw, len(raw) - 4)[0]:
        raise _broken("has a wrong checksum")
    behind = _PRELUDE.size + _PRELUDE.unpack_from(raw)[1]
    name, aside = _meaning(raw[_PRELUDE.size : behind])
    payload = raw[behind:-4]
    if not name:
        return Message(raw, None, aside=b"\n".join([aside, payload]))
    if chunks and name == _CHUNK:
        return _chunk(raw, payload, aside)
    plain = bool(payload) and not aside
    return Message(raw, _before(name) + (payload or b"{}") + b"}", name, aside, plain)


@lru_cache(_MOST_KNOWN)
def _meaning(head: bytes) -> tuple[str, bytes]:
    """Return the name of what a message brings, and what its headers say beside it.

    An ``error`` has no name: its code and text are headers. Cached, because all messages of one kind
    have the same headers.
    """
    found = headers(head)
    kind = _string(found, ":message-type")
    if kind not in ("event", "exception", "error"):
        raise _broken("is of an unknown type")
    if found.get(":content-type", Header("", _JSON)).value != _JSON:
        raise _broken("does not hold JSON")
    name = "" if kind == "error" else _string(found, f":{kind}-type")
    if name and not _NAME.fullmatch(name):
        raise _broken("has a bad name")
    if (kind == "exception") != (name.endswith(_EXCEPTION)) and name:
        raise _broken("has a name of another type")
    others = (header for mark, header in found.items() if mark not in _MARKS)
    return name, b"\n".join(header.spelled for header in others)


def _string(found: Mapping[str, Header], name: str) -> str:
    value = found[name].value if name in found else None
    if not isinstance(value, str) or not value:
        raise _broken("lacks a header")
    return value


def _chunk(raw: bytes, payload: bytes, aside: bytes) -> Message:
    """Open a ``chunk``: letters of padding that hide its length are nobody's words."""
    if (usual := _USUAL.fullmatch(payload)) is not None:
        return _usual_chunk(raw, usual, aside)
    try:
        tree = read(payload)
        data = a2b_base64(tree["bytes"].encode(), strict_mode=True)
    except (BadInput, Error, TypeError, KeyError, AttributeError, UnicodeEncodeError):
        raise _broken("holds no chunk") from None
    others = {key: value for key, value in tree.items() if key != "bytes"}
    padding = others.get(_PADDING)
    padded = isinstance(padding, str) and (not padding or (padding.isascii() and padding.isalnum()))
    said = {key: value for key, value in others.items() if not (padded and key == _PADDING)}
    aside += dump(said) if said else b""
    return Message(raw, data, _CHUNK, aside, not aside, carried=others)


def _usual_chunk(raw: bytes, usual: re.Match[bytes], aside: bytes) -> Message:
    """Open a ``chunk`` that is spelled as most are; it comes to what reading its JSON comes to."""
    try:
        data = a2b_base64(usual[1], strict_mode=True)
    except Error:
        raise _broken("holds no chunk") from None
    padding = usual[2]
    carried = {} if padding is None else {_PADDING: padding.decode()}
    return Message(raw, data, _CHUNK, aside, not aside, carried=carried)


def _before(name: str) -> bytes:
    return b'{"%b":' % name.encode()


def payload_of(raw: bytes) -> bytes:
    """Return the payload of a whole message."""
    return raw[_PRELUDE.size + _PRELUDE.unpack_from(raw)[1] : -_CHECKSUM.size]


def head_of(raw: bytes) -> bytes:
    """Return the headers of a whole message."""
    return raw[_PRELUDE.size : _PRELUDE.size + _PRELUDE.unpack_from(raw)[1]]


def begin_of(total: int, head: bytes) -> bytes:
    """Return what a message of so many bytes begins with: lengths, their checksum, the headers."""
    lengths = _PRELUDE.pack(total, len(head), 0)[:8]
    return lengths + _CHECKSUM.pack(crc32(lengths)) + head


def message(head: bytes, payload: bytes) -> bytes:
    """Write a message with these headers."""
    return _message(head, payload)


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


@lru_cache(_MOST_KNOWN)
def _marks(kind: str, name: str) -> bytes:
    marks = {f":{kind}-type": name, ":content-type": _JSON, ":message-type": kind}
    return b"".join(text_header(mark, value) for mark, value in marks.items())


def _message(head: bytes, payload: bytes) -> bytes:
    message = begin_of(_AROUND + len(head) + len(payload), head) + payload
    return message + _CHECKSUM.pack(crc32(message))


def _broken(what: str) -> UpstreamFault:
    return UpstreamFault(f"A message of the upstream's event stream {what}.", code="upstream_protocol")
