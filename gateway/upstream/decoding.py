"""Undoing a content encoding that an upstream uses although it was asked not to."""

import zlib
from collections.abc import AsyncIterator

from ...detection.errors import UpstreamFault

PIECE = 64 * 1024
"""Most bytes given at once, however small the encoded bytes were."""

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


async def decoded(chunks: AsyncIterator[bytes], encodings: list[bytes]) -> AsyncIterator[bytes]:
    """Give the chunks without their content encoding, as soon as each is there.

    Reads ``gzip`` (RFC 1952) and ``deflate`` (RFC 1950, and the bare RFC 1951 that some servers
    send). Raises `UpstreamFault` for any other encoding and for a body that is cut off or broken.
    """
    encoding = b",".join(encodings).strip().lower()
    if encoding in (b"", b"identity"):
        async for chunk in chunks:
            yield chunk
        return
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        raise _broken("The answer has a content encoding that is not read.")
    inflater = None
    async for chunk in chunks:
        if inflater is None and chunk:
            inflater = zlib.decompressobj(_window(encoding, chunk[0]))
        while inflater is not None and chunk:
            piece, chunk = _inflate(inflater, chunk)  # noqa: PLW2901 - what is left of the chunk
            if piece:
                yield piece
    if inflater is not None and not inflater.eof:
        raise _broken("The answer was cut off.")


def _window(encoding: bytes, head: int) -> int:
    if encoding != b"deflate":
        return _GZIP
    # RFC 1950: the low four bits of the first byte name the method, 8
    return _ZLIB if head & 0x0F == 8 else _RAW


def _inflate(inflater: "zlib._Decompress", chunk: bytes) -> tuple[bytes, bytes]:
    try:
        piece = inflater.decompress(chunk, PIECE)
    except zlib.error:
        raise _broken("The answer is not encoded as it says.") from None
    if inflater.unused_data:
        raise _broken("The answer goes on after its end.")
    return piece, inflater.unconsumed_tail


def _broken(message: str) -> UpstreamFault:
    return UpstreamFault(message, code="upstream_protocol")
