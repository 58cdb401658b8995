"""Undoing a content encoding, a bounded piece at a time."""

import zlib

from ..detection.errors import UpstreamFault
from .asgi import Headers

PIECE = 64 * 1024
"""Most bytes given at once, however small the encoded bytes were."""

ENCODING = b"content-encoding"
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


def _broken(message: str) -> UpstreamFault:
    return UpstreamFault(message, code="upstream_protocol")


def encoding_of(headers: Headers) -> bytes:
    """Return the content encoding that has to be undone; empty for none.

    ``gzip`` (RFC 1952) and ``deflate`` (RFC 1950, and the bare RFC 1951 that some servers send) are
    read. Raises `UpstreamFault` for any other one.
    """
    said = b",".join(value for name, value in headers if name == ENCODING).strip().lower()
    if said in (b"", b"identity"):
        return b""
    if said not in (b"gzip", b"x-gzip", b"deflate"):
        raise _broken("The answer has a content encoding that is not read.")
    return said


class Inflater:
    """Undoes one encoding; give bytes with `take`, get them back with `next`."""

    __slots__ = ("_encoding", "_inflater", "_rest")

    def __init__(self, encoding: bytes) -> None:
        self._encoding = encoding
        self._inflater: zlib._Decompress | None = None
        self._rest = b""

    @property
    def hungry(self) -> bool:
        """Whether all that was given is dealt with."""
        return not self._rest

    @property
    def whole(self) -> bool:
        """Whether nothing is under way."""
        return not self._rest and (self._inflater is None or self._inflater.eof)

    def take(self, data: bytes) -> None:
        """Give encoded bytes."""
        self._rest += data

    def drop(self) -> None:
        """Forget what was given."""
        self._rest = b""

    def next(self) -> bytes:
        """Return at most `PIECE` decoded bytes. Raises `UpstreamFault` for what is not encoded as it says."""
        if not self._rest:
            return b""
        if self._inflater is None:
            self._inflater = zlib.decompressobj(_window(self._encoding, self._rest[0]))
        try:
            piece = self._inflater.decompress(self._rest, PIECE)
        except zlib.error:
            raise _broken("The answer is not encoded as it says.") from None
        if self._inflater.unused_data:
            raise _broken("The answer goes on after its end.")
        self._rest = self._inflater.unconsumed_tail
        return piece

    def end(self) -> None:
        """Say that no more comes. Raises `UpstreamFault` for what was cut off."""
        if not self.whole:
            raise _broken("The answer was cut off.")


def _window(encoding: bytes, head: int) -> int:
    if encoding != b"deflate":
        return _GZIP
    # RFC 1950: the low four bits of the first byte name the method, 8
    return _ZLIB if head & 0x0F == 8 else _RAW
