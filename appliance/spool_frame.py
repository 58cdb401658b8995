"""How records lie in a segment: framed, aligned, and written so that a killed writer tears nothing.

    segment  "SGSPOOL1", records so far (u64), zeros up to 64; then frames; then END
    frame    length (u32), CRC-32 of the payload begun at the length (u32), TAG, payload; padded to 8

Numbers are the machine's own: whoever reads a segment runs where it was written. A frame's length
is written last and in one piece, and the file begins as zeros; so where a length is zero nothing
was written yet, or not all of it. The tag holds a byte that JSON never holds: after damage the next
frame can be found.
"""

import struct
from dataclasses import dataclass
from enum import Enum, auto
from zlib import crc32

HEADER = 64
MAGIC = b"SGSPOOL1"
COUNT_AT = 8
"""Where the number of records stands."""

TAG = b"\xffSG\x01"
END = 0xFFFF_FFFF
"""Stands for a length: no frame follows in this segment."""

LARGEST = 256 * 1024
"""Bytes of a payload that is kept whole."""

_FRAME = struct.Struct("=II4s")
OVERHEAD = _FRAME.size
_TAG_AT = 8
_BODY = struct.Struct("=I4s")


class Tail(Enum):
    """Why a reader stopped where it did."""

    EMPTY = auto()
    """Nothing is written there yet."""
    SHORT = auto()
    """The frame goes on beyond what was read."""
    DAMAGED = auto()
    """What is there is no frame."""
    ENDED = auto()
    """The writer went on to another segment."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The payloads that were read, how many bytes they took, and why there are no more."""

    payloads: list[bytes]
    used: int
    tail: Tail


def body(payload: bytes) -> bytes:
    """Return a frame without its length."""
    return _BODY.pack(crc32(payload, len(payload)), TAG) + payload


def aligned(size: int) -> int:
    """Return the place where the next frame may begin."""
    return (size + 7) & ~7


def scan(data: bytes, most: int) -> Scan:
    """Read up to `most` frames from the start of `data`."""
    payloads: list[bytes] = []
    at, size = 0, len(data)
    while len(payloads) < most and at + OVERHEAD <= size:
        length, checksum, tag = _FRAME.unpack_from(data, at)
        if length in {0, END}:
            return Scan(payloads, at, Tail.ENDED if length else Tail.EMPTY)
        end = at + OVERHEAD + length
        if tag != TAG:
            return Scan(payloads, at, Tail.DAMAGED)
        if end > size:
            return Scan(payloads, at, Tail.SHORT)
        payload = data[at + OVERHEAD : end]
        if crc32(payload, length) != checksum:
            return Scan(payloads, at, Tail.DAMAGED)
        payloads.append(payload)
        at = aligned(end)
    return Scan(payloads, at, _tail(data, at))


def next_frame(data: bytes, after: int) -> int | None:
    """Return where the first whole frame begins behind `after`, None when there is none."""
    at = data.find(TAG, after + _TAG_AT + 1)
    while at >= 0:
        begin = at - _TAG_AT
        if begin % 8 == 0 and begin > after and scan(data[begin:], 1).payloads:
            return begin
        at = data.find(TAG, at + 1)
    return None


def _tail(data: bytes, at: int) -> Tail:
    """A segment may end with a length and no room for more."""
    word = data[at : at + 4]
    return Tail.ENDED if word == b"\xff" * 4 else Tail.SHORT
