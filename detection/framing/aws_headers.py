"""The headers of Amazon's event stream messages: typed, read strictly.

Source: the AWS event stream encoding; types 0 to 9. Clients look some up by name, so a name that comes
twice, in whatever case, is refused.
"""

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from ..errors import UpstreamFault

_TRUE, _FALSE, _BYTES, _STRING, _UUID = 0, 1, 6, 7, 9
_NUMBERS = {2: Struct("!b"), 3: Struct("!h"), 4: Struct("!i"), 5: Struct("!q"), 8: Struct("!q")}
"""Signed numbers by type: byte, short, integer, long, and a time in milliseconds."""
_LENGTH = Struct("!H")
_UUID_SIZE = 16
_MOST = 64


class Header(NamedTuple):
    """One header. `value` is of its type: bool, int, bytes or str."""

    name: str
    value: bool | int | bytes | str

    @property
    def spelled(self) -> bytes:
        """Name and value as text, to be judged."""
        value = self.value if isinstance(self.value, bytes) else str(self.value).encode()
        return self.name.encode() + b": " + value


def headers(block: bytes) -> dict[str, Header]:
    """Read the headers of a message, by name.

    Raises:
        UpstreamFault: one is cut off, of no known type, named twice, or not named in visible ASCII.
    """
    found: dict[str, Header] = {}
    folded: set[str] = set()
    reader = _Reader(block)
    while reader.left:
        name = reader.text(reader.byte())
        if not name or not name.isascii() or not name.isprintable() or name.lower() in folded:
            raise _bad()
        folded.add(name.lower())
        found[name] = Header(name, reader.value(reader.byte()))
        if len(found) > _MOST:
            raise _bad()
    return found


def text_header(name: str, value: str) -> bytes:
    """Write a header with a string. Raises `struct.error` for a value beyond 65,535 bytes."""
    text, title = value.encode(), name.encode()
    return bytes((len(title),)) + title + bytes((_STRING,)) + _LENGTH.pack(len(text)) + text


class _Reader:
    """Takes values off a block, never beyond its end."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._block) - self._at

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise _bad()
        self._at += count
        return self._block[self._at - count : self._at]

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode()
        except UnicodeDecodeError:
            raise _bad() from None

    def value(self, kind: int) -> bool | int | bytes | str:
        read = _READ.get(kind)
        if read is not None:
            return read(self)
        if kind not in _NUMBERS:
            raise _bad()
        number = _NUMBERS[kind]
        return int(number.unpack(self.take(number.size))[0])

    def counted(self) -> int:
        return int(_LENGTH.unpack(self.take(_LENGTH.size))[0])


_READ: dict[int, Callable[[_Reader], bool | bytes | str]] = {
    _TRUE: lambda _: True,
    _FALSE: lambda _: False,
    _BYTES: lambda reader: reader.take(reader.counted()),
    _STRING: lambda reader: reader.text(reader.counted()),
    _UUID: lambda reader: reader.take(_UUID_SIZE),
}


def _bad() -> UpstreamFault:
    return UpstreamFault(
        "A message of the upstream's event stream has bad headers.", code="upstream_protocol"
    )
