"""Frames in, messages out: whatever the cuts, and whatever a hostile end sends."""

import os
import struct
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.protocol import Protocol, Side

from sluicegate.gateway.realtime.upgrade import key_of, server_wire, wants_socket
from sluicegate.gateway.realtime.wire import Wire
from sluicegate.middleware.live_ends import (
    BROKEN,
    INVALID,
    LONGEST_REASON,
    NORMAL,
    TOO_BIG,
    Closing,
    Message,
)

_MOST = 4096


def frame(opcode: int, content: bytes, *, final: bool = True, masked: bool = True, bits: int = 0) -> bytes:
    """Write a frame as a client does."""
    head = bytes([(0x80 if final else 0) | bits | opcode])
    flag = 0x80 if masked else 0
    size = len(content)
    if size < 126:
        head += bytes([flag | size])
    elif size < 65536:
        head += bytes([flag | 126]) + struct.pack("!H", size)
    else:
        head += bytes([flag | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + content
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))


def fed(wire: Wire, pieces: Iterable[bytes]) -> list[Message]:
    return [message for piece in pieces for message in wire.feed(piece)]


_TEXTS = st.lists(st.text(max_size=40), max_size=6)


@given(_TEXTS, st.lists(st.integers(0, 400), max_size=12), st.integers(1, 9))
def test_messages_are_the_same_however_the_bytes_are_cut(
    texts: list[str], cuts: list[int], fragments: int
) -> None:
    stream = b""
    for text in texts:
        content = text.encode()
        size = max(1, len(content) // fragments)
        parts = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
        for index, part in enumerate(parts):
            stream += frame(1 if not index else 0, part, final=index == len(parts) - 1)
            stream += frame(9, b"ping")
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    wire = server_wire(_MOST)
    assert fed(wire, pieces) == [Message(text.encode()) for text in texts]
    assert wire.closing is None
    one_by_one = server_wire(_MOST)
    assert fed(one_by_one, (bytes([byte]) for byte in stream)) == [Message(text.encode()) for text in texts]


HOSTILE = {
    "an unmasked frame": (frame(1, b"hello", masked=False), BROKEN),
    "an unknown opcode": (frame(3, b"hello"), BROKEN),
    "a reserved bit": (frame(1, b"hello", bits=0x40), BROKEN),
    "a long ping": (frame(9, b"x" * 126), BROKEN),
    "a ping in pieces": (frame(9, b"x", final=False), BROKEN),
    "a beginning inside a message": (frame(1, b"a", final=False) + frame(1, b"b"), BROKEN),
    "a rest of nothing": (frame(0, b"a"), BROKEN),
    "a giant frame": (b"\x81\xff" + struct.pack("!Q", 1 << 40) + b"mask", TOO_BIG),
    "a giant message": (frame(1, b"a" * _MOST, final=False) + frame(0, b"b"), TOO_BIG),
    "no text": (frame(1, b"\xff\xfe"), INVALID),
    "half a character": (frame(1, "ä".encode()[:1]), INVALID),
    "a surrogate": (frame(1, b"\xed\xa0\x80"), INVALID),
    "garbage": (b"GET / HTTP/1.1\r\n\r\n" * 8, BROKEN),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_breaks_the_rules_ends_the_connection(name: str) -> None:
    sent, code = HOSTILE[name]
    wire = server_wire(_MOST)
    assert wire.feed(sent) == []
    assert wire.failed
    assert wire.closing is not None
    assert wire.closing.code == code
    assert wire.feed(frame(1, b"more")) == []
    data, ended = wire.out()
    assert ended
    assert data[0] == 0x88


@pytest.mark.parametrize(
    ("content", "legal"), [("ä", True), ("x" * _MOST, True), ("x" * (_MOST + 1), False), ("", True)]
)
def test_near_misses_of_the_limits(content: str, *, legal: bool) -> None:
    wire = server_wire(_MOST)
    assert bool(wire.feed(frame(1, content.encode()))) is legal
    assert wire.failed is not legal


def test_a_closing_is_confirmed() -> None:
    wire = server_wire(_MOST)
    wire.feed(frame(8, struct.pack("!H", 4001) + b"done"))
    assert wire.closing == Closing(4001, "done")
    assert wire.confirmed
    data, ended = wire.out()
    assert data == b"\x88\x06" + struct.pack("!H", 4001) + b"done"
    assert ended
    wire.say(Message(b"too late"))
    assert wire.out() == (b"", False)


def test_a_reason_is_cut_where_a_character_ends() -> None:
    wire = server_wire(_MOST)
    wire.close(1008, "ä" * 200)
    data, _ = wire.out()
    assert data[1] == 2 + LONGEST_REASON - 1
    assert data[4:].decode() == "ä" * (LONGEST_REASON // 2)


@pytest.mark.parametrize(("code", "sent"), [(1005, NORMAL), (1006, NORMAL), (1015, NORMAL), (4000, 4000)])
def test_codes_that_nobody_may_send_are_not_sent(code: int, sent: int) -> None:
    wire = server_wire(_MOST)
    wire.close(code)
    assert wire.out()[0] == b"\x88\x02" + struct.pack("!H", sent)


def test_an_end_without_a_word_is_one() -> None:
    wire = Wire(Protocol(Side.CLIENT, max_size=_MOST))
    wire.feed_end()
    assert wire.closing is not None
    assert wire.closing.code == BROKEN


_KEY = (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")
_VERSION = (b"sec-websocket-version", b"13")


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([_KEY, _VERSION], _KEY[1]),
        ([_KEY, (b"sec-websocket-version", b"8")], None),
        ([_KEY], None),
        ([_VERSION], None),
        ([_KEY, _KEY, _VERSION], None),
        ([(b"sec-websocket-key", b"c2hvcnQ="), _VERSION], None),
        ([(b"sec-websocket-key", b"?" * 24), _VERSION], None),
    ],
)
def test_the_key_of_a_handshake(headers: list[tuple[bytes, bytes]], key: bytes | None) -> None:
    assert key_of(headers) == key


@pytest.mark.parametrize(
    ("method", "upgrade", "wanted"),
    [
        (b"GET", [b"websocket"], True),
        (b"GET", [b"WebSocket"], True),
        (b"POST", [b"websocket"], False),
        (b"GET", [b"h2c"], False),
        (b"GET", [b"websocket", b"h2c"], False),
        (b"GET", [], False),
    ],
)
def test_what_asks_for_a_socket(method: bytes, upgrade: list[bytes], *, wanted: bool) -> None:
    assert wants_socket(method, [(b"upgrade", value) for value in upgrade]) is wanted
