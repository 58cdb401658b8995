"""Amazon's event stream: written for boto3, read however it is cut, never believed without checksums."""

import base64
import json
from binascii import crc32
from struct import pack
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.framing.aws_event_stream import LARGEST, AwsEventStream, Message, MessageParser
from sluicegate.detection.framing.aws_headers import headers, text_header

CONVERSE = AwsEventStream()
CHUNKS = AwsEventStream(chunks=True)
DELTA = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Grüße \U0001f600"}}}
FAULT = {"throttlingException": {"message": "slow down"}}
EVENT_HEADERS = {":event-type": "contentBlockDelta", ":message-type": "event"}


def message(given: dict[str, str] | bytes, payload: bytes) -> bytes:
    """Write a message with the checksums it should have."""
    head = (
        given
        if isinstance(given, bytes)
        else b"".join(text_header(name, value) for name, value in given.items())
    )
    return sealed(len(head) + len(payload) + 16, len(head), head + payload)


def sealed(total: int, head: int, rest: bytes) -> bytes:
    lengths = pack("!II", total, head)
    body = lengths + pack("!I", crc32(lengths)) + rest
    return body + pack("!I", crc32(body))


def read_all(data: bytes, size: int, *, chunks: bool = False) -> tuple[list[Message], str]:
    """Feed bytes in pieces of a size; return the messages, and what was at fault."""
    parser = MessageParser(chunks=chunks)
    found: list[Message] = []
    try:
        for at in range(0, len(data), size):
            found += parser.feed(data[at : at + size])
        found += parser.feed(b"")
        parser.close()
    except UpstreamFault as fault:
        return found, fault.message
    return found, ""


def seen_by_botocore(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(event.headers, event.payload) for event in buffer]


def test_what_is_written_is_what_botocore_reads() -> None:
    data = CONVERSE.write(DELTA) + CONVERSE.write(FAULT) + CHUNKS.write({"type": "ping"})
    event, fault, chunk = seen_by_botocore(data)
    assert event[0] == {
        ":event-type": "contentBlockDelta", ":content-type": "application/json", ":message-type": "event",
    }  # fmt: skip
    assert json.loads(event[1]) == DELTA["contentBlockDelta"]
    assert fault[0][":message-type"] == "exception"
    assert fault[0][":exception-type"] == "throttlingException"
    assert chunk[0][":event-type"] == "chunk"
    assert json.loads(base64.b64decode(json.loads(chunk[1])["bytes"])) == {"type": "ping"}


def test_an_event_is_an_object_with_the_name_of_the_event() -> None:
    parser = CONVERSE.parser()
    (found,) = parser.feed(CONVERSE.write(DELTA))
    assert json.loads(found.data or b"") == DELTA
    assert found.without_data() == b""
    assert parser.idle
    other = json.dumps({"contentBlockDelta": {"delta": {"text": "x"}, "contentBlockIndex": 4}}).encode()
    ((head, payload),) = seen_by_botocore(found.with_data(other.replace(b'": {"d', b'":{"d', 1)))
    assert head[":event-type"] == "contentBlockDelta"
    assert json.loads(payload) == {"delta": {"text": "x"}, "contentBlockIndex": 4}


@pytest.mark.parametrize("more", [{}, {"p": ""}, {"p": "abcXYZ09"}, {"p": "a b"}, {"p": 1}, {"q": "a"}])
@pytest.mark.parametrize("data", [b"", b"{}", b'{"type":"ping"}', b"\xff\xfe"])
def test_a_chunk_is_the_same_however_it_is_spelled(data: bytes, more: dict[str, Any]) -> None:
    payload = {"bytes": base64.b64encode(data).decode(), **more}
    tight, wide = (
        read_all(
            message({":event-type": "chunk", ":message-type": "event"}, spelled.encode()), 7, chunks=True
        )[0][0]
        for spelled in (json.dumps(payload, separators=(",", ":")), json.dumps(payload))
    )
    assert tight[1:] == wide[1:]
    assert tight.data == data


def test_a_chunk_is_the_document_it_carries_and_keeps_its_padding() -> None:
    inner = b'{"type":"content_block_delta"}'
    payload = json.dumps({"bytes": base64.b64encode(inner).decode(), "p": "abcDEF"}).encode()
    raw = message({":event-type": "chunk", ":message-type": "event"}, payload)
    (found,) = CHUNKS.parser().feed(raw)
    assert (found.data, found.without_data()) == (inner, b"")
    ((_, rewritten),) = seen_by_botocore(found.with_data(b'{"type":"other"}'))
    assert json.loads(rewritten) == {"p": "abcDEF", "bytes": base64.b64encode(b'{"type":"other"}').decode()}
    (whole,) = CONVERSE.parser().feed(raw)
    assert whole.data == b'{"chunk":' + payload + b"}"


@pytest.mark.parametrize(
    "payload",
    [
        {"bytes": "e30=", "p": "my secret"}, {"bytes": "e30=", "p": 12345678}, {"bytes": "e30=", "q": "word"},
    ],
)  # fmt: skip
def test_what_else_a_chunk_says_is_told(payload: dict[str, Any]) -> None:
    raw = message({":event-type": "chunk", ":message-type": "event"}, json.dumps(payload).encode())
    (found,) = CHUNKS.parser().feed(raw)
    said = str(next(value for key, value in payload.items() if key != "bytes")).encode()
    assert said in found.without_data()


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b'{"bytes":1}', b'{"bytes":"e30"}', b'{"bytes":"e!30="}', b'{"bytes":"\xc3"}'],
)
def test_a_chunk_without_strict_base64_is_refused(payload: bytes) -> None:
    raw = message({":event-type": "chunk", ":message-type": "event"}, payload)
    assert read_all(raw, len(raw), chunks=True)[1]


def test_headers_of_every_type_are_read_and_those_nobody_knows_are_told() -> None:
    block = b"".join(
        (
            b"\x01t\x00", b"\x01f\x01", b"\x01b\x02\xff", b"\x01s\x03\xff\xfe", b"\x01i\x04" + pack("!i", -3),
            b"\x01l\x05" + pack("!q", 1 << 40), b"\x01y\x06\x00\x02hi", text_header("w", "ä"),
            b"\x01d\x08" + pack("!q", 7), b"\x01u\x09" + bytes(range(16)),
        )
    )  # fmt: skip
    values = [True, False, -1, -2, -3, 1 << 40, b"hi", "ä", 7, bytes(range(16))]
    assert [header.value for header in headers(block).values()] == values
    raw = message(b"".join(text_header(*item) for item in EVENT_HEADERS.items()) + block, b"{}")
    (found,) = CONVERSE.parser().feed(raw)
    assert b"w: \xc3\xa4" in found.without_data()
    assert b"y: hi" in found.without_data()
    assert seen_by_botocore(raw)[0][0]["w"] == "ä"


def test_an_error_has_no_data_and_all_of_it_is_told() -> None:
    raw = message({":message-type": "error", ":error-code": "500", ":error-message": "went wrong"}, b"rest")
    (found,) = CONVERSE.parser().feed(raw)
    assert found.data is None
    for said in (b"went wrong", b"500", b"rest"):
        assert said in found.without_data()


BAD_HEADERS = {
    "no type": {":event-type": "a"},
    "unknown type": {":message-type": "other", ":event-type": "a"},
    "no name": {":message-type": "event"},
    "exception without a name": {":message-type": "exception"},
    "name with a quote": {":message-type": "event", ":event-type": 'a":{},"b'},
    "name too long": {":message-type": "event", ":event-type": "a" * 65},
    "event named as an exception": {":message-type": "event", ":event-type": "fooException"},
    "exception named as an event": {":message-type": "exception", ":exception-type": "messageStop"},
    "another content": {**EVENT_HEADERS, ":content-type": "application/cbor"},
    "twice but for case": {**EVENT_HEADERS, ":Event-Type": "messageStop"},
    "name not ASCII": {**EVENT_HEADERS, "ä": "x"},
    "empty name": {**EVENT_HEADERS, "": "x"},
}


@pytest.mark.parametrize("given", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_headers_that_two_readers_could_take_differently_are_refused(given: dict[str, str]) -> None:
    raw = message(given, b"{}")
    assert read_all(raw, len(raw))[1]


@pytest.mark.parametrize(
    "block",
    [
        b"\x05abc", b"\x01a", b"\x01a\x0a", b"\x01a\x07\x00", b"\x01a\x07\x00\x09abc",
        b"\x01a\x09abc", b"\x01a\x04ab", b"\x01\xff\x00", b"\x01a\x07\x00\x01\xff", b"\x01a\x00\x01a\x00",
        b"".join(b"\x02%02x\x00" % count for count in range(65)),
    ],
)  # fmt: skip
def test_broken_headers_are_refused(block: bytes) -> None:
    with pytest.raises(UpstreamFault):
        headers(block)


@pytest.mark.parametrize(
    ("total", "head"),
    [(15, 0), (16, 1), (LARGEST + 1, 0), (200_000, 131_073), (0, 0), (2**32 - 1, 2**32 - 1)],
)
def test_impossible_lengths_are_refused_from_the_first_twelve_bytes(total: int, head: int) -> None:
    parser = CONVERSE.parser()
    with pytest.raises(UpstreamFault):
        parser.feed(sealed(total, head, b"")[:12])


def test_a_stream_that_is_cut_off_is_refused_at_its_end() -> None:
    raw = CONVERSE.write(DELTA)
    for end in (1, 11, 12, len(raw) - 1):
        found, fault = read_all(raw + raw[:end], 7)
        assert len(found) == 1
        assert fault


def test_messages_before_a_broken_one_come_first() -> None:
    raw = CONVERSE.write(DELTA)
    broken = raw[:-1] + bytes((raw[-1] ^ 1,))
    parser = CONVERSE.parser()
    assert len(parser.feed(raw + broken + raw)) == 1
    assert not parser.idle
    for again in (raw, b""):
        with pytest.raises(UpstreamFault):
            parser.feed(again)
    with pytest.raises(UpstreamFault):
        parser.close()


_STREAMS = st.lists(
    st.one_of(
        st.text(max_size=30).map(
            lambda text: CONVERSE.write({"contentBlockDelta": {"delta": {"text": text}}})
        ),
        st.just(CONVERSE.write(FAULT)),
        st.text(max_size=30).map(lambda text: CHUNKS.write({"type": "x", "text": text})),
        st.binary(max_size=20).map(lambda payload: message(EVENT_HEADERS, payload)),
    ),
    max_size=5,
).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(data=_STREAMS, cut=st.integers(1, 40), chunks=st.booleans())
def test_any_cuts_give_the_same_messages_and_all_bytes(data: bytes, cut: int, chunks: bool) -> None:
    whole = read_all(data, max(1, len(data)), chunks=chunks)
    assert read_all(data, 1, chunks=chunks) == whole
    assert read_all(data, cut, chunks=chunks) == whole
    assert data.startswith(b"".join(found.raw for found in whole[0]))
    assert whole[1] or b"".join(found.raw for found in whole[0]) == data


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    raw = CONVERSE.write(DELTA)
    stream = bytearray(raw + raw)
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] ^= data.draw(st.integers(1, 255))
    found, fault = read_all(bytes(stream), data.draw(st.integers(1, len(stream))))
    assert fault
    assert [item.raw for item in found] == [raw] * (at >= len(raw))


@settings(max_examples=200, deadline=None)
@given(block=st.binary(max_size=60), payload=st.binary(max_size=30))
def test_any_headers_behind_right_checksums_are_read_as_botocore_reads_them_or_refused(
    block: bytes, payload: bytes
) -> None:
    raw = message(block, payload)
    found, fault = read_all(raw, len(raw))
    assert len(found) == (not fault)
    if found:
        assert len(seen_by_botocore(raw)) == 1
