"""Frames: what was written whole is read, what was not is never mistaken for anything else."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.spool_frame import OVERHEAD, TAG, Tail, aligned, body, next_frame, scan

PAYLOADS = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6)
ROOM = bytes(64)


def framed(payload: bytes) -> bytes:
    whole = struct.pack("=I", len(payload)) + body(payload)
    return whole.ljust(aligned(len(whole)), b"\0")


def laid(payloads: list[bytes]) -> bytes:
    return b"".join(map(framed, payloads))


@given(PAYLOADS)
def test_what_was_written_is_read(payloads: list[bytes]) -> None:
    found = scan(laid(payloads) + ROOM, 100)
    assert (found.payloads, found.used, found.tail) == (payloads, len(laid(payloads)), Tail.EMPTY)


@given(PAYLOADS, st.integers(1, 6))
def test_reading_goes_on_where_it_stopped(payloads: list[bytes], most: int) -> None:
    data, read = laid(payloads) + ROOM, list[bytes]()
    while got := scan(data, most).payloads:
        read += got
        data = data[scan(data, most).used :]
    assert read == payloads


@given(PAYLOADS, st.data())
def test_a_frame_cut_short_is_not_read(payloads: list[bytes], data: st.DataObject) -> None:
    whole = laid(payloads)
    kept = data.draw(st.integers(0, len(whole) - 1))
    found = scan(whole[:kept], 100)
    assert payloads[: len(found.payloads)] == found.payloads
    assert len(found.payloads) < len(payloads) or kept > len(whole) - 8
    assert found.tail is Tail.SHORT


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_frame_without_its_length_is_not_there(payload: bytes, data: st.DataObject) -> None:
    """The length is written last: until then nothing of the frame counts."""
    whole = framed(payload)
    written = data.draw(st.integers(4, len(whole)))
    found = scan(bytes(4) + whole[4:written] + ROOM, 100)
    assert (found.payloads, found.tail) == ([], Tail.EMPTY)


@given(PAYLOADS, st.data())
def test_a_flipped_bit_loses_one_frame_and_invents_none(payloads: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(laid(payloads))
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[place // 8] ^= 1 << place % 8
    read, at = list[bytes](), 0
    everything = bytes(whole) + ROOM
    while True:
        found = scan(everything[at:], 100)
        read += found.payloads
        at += found.used
        further = next_frame(everything[at:], 0)
        if further is None:
            break
        at += further
    missing = len(payloads) - len(read)
    assert missing in {0, 1}
    rest = iter(payloads)
    assert all(payload in rest for payload in read)


def test_a_payload_that_looks_like_a_frame_is_not_one() -> None:
    inner = framed(b"inner")
    outer = framed(b"x" * (8 - OVERHEAD % 8) + inner)
    damaged = bytearray(outer + framed(b"next") + ROOM)
    damaged[5] ^= 1
    assert scan(bytes(damaged), 9).tail is Tail.DAMAGED
    # Bytes cannot tell; that JSON in UTF-8 never holds the tag does.
    assert TAG[0] == 0xFF
    assert next_frame(bytes(damaged), 0) is not None


def test_the_end_of_a_segment_is_seen_with_and_without_room_behind_it() -> None:
    end = b"\xff" * 4
    for behind in (b"", bytes(4), ROOM):
        found = scan(framed(b"last") + end + behind, 9)
        assert (found.payloads, found.tail) == ([b"last"], Tail.ENDED)
