"""Undoing a content encoding that an upstream uses although it was asked not to."""

import zlib

from .base import UpstreamAnswer
from .faults import broken

PIECE = 64 * 1024
"""Most bytes given at once, however small the encoded bytes were."""

_ENCODING = b"content-encoding"
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


def decoded(answer: UpstreamAnswer) -> UpstreamAnswer:
    """Return the answer without its content encoding; most have none and are given back as they are.

    Reads ``gzip`` (RFC 1952) and ``deflate`` (RFC 1950, and the bare RFC 1951 that some servers
    send). Raises `UpstreamFault` for any other encoding; reading raises it for a body that is cut
    off or broken.
    """
    for name, _ in answer.headers:
        if name == _ENCODING:
            return _undone(answer)
    return answer


def _undone(answer: UpstreamAnswer) -> UpstreamAnswer:
    said = b",".join(value for name, value in answer.headers if name == _ENCODING).strip().lower()
    if said not in (b"", b"identity", b"gzip", b"x-gzip", b"deflate"):
        raise broken("The answer has a content encoding that is not read.")
    return DecodedAnswer(answer, said)


class DecodedAnswer:
    """An answer whose body is decoded as it is read. Implements `base.UpstreamAnswer`."""

    __slots__ = ("_answer", "_encoding", "_inflater", "_rest", "headers", "status")

    def __init__(self, answer: UpstreamAnswer, encoding: bytes) -> None:
        self.status = answer.status
        self.headers = [field for field in answer.headers if field[0] != _ENCODING]
        self._answer = answer
        self._encoding = encoding
        self._inflater: zlib._Decompress | None = None
        self._rest = b""

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read and what was read is whole."""
        return self._answer.ended and not self._rest and (self._inflater is None or self._inflater.eof)

    async def read(self) -> bytes:
        """Return at most `PIECE` decoded bytes; see `base.UpstreamAnswer`."""
        if self._encoding in (b"", b"identity"):
            return await self._answer.read()
        while True:
            if not self._rest:
                self._rest = await self._answer.read()
            if not self._rest:
                if self._inflater is not None and not self._inflater.eof:
                    raise broken("The answer was cut off.")
                return b""
            piece = self._inflate()
            if piece:
                return piece

    async def close(self) -> None:
        """Close the answer behind this one."""
        self._rest = b""
        await self._answer.close()

    def _inflate(self) -> bytes:
        if self._inflater is None:
            self._inflater = zlib.decompressobj(_window(self._encoding, self._rest[0]))
        try:
            piece = self._inflater.decompress(self._rest, PIECE)
        except zlib.error:
            raise broken("The answer is not encoded as it says.") from None
        if self._inflater.unused_data:
            raise broken("The answer goes on after its end.")
        self._rest = self._inflater.unconsumed_tail
        return piece


def _window(encoding: bytes, head: int) -> int:
    if encoding != b"deflate":
        return _GZIP
    # RFC 1950: the low four bits of the first byte name the method, 8
    return _ZLIB if head & 0x0F == 8 else _RAW
