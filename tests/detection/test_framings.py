"""Framings: every byte accounted for, however a stream is cut, and faults where they stand."""

import json
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.framing.base import LARGEST, FrameParser, Framing
from sluicegate.detection.framing.json_array import JsonArray
from sluicegate.detection.framing.ndjson import Ndjson
from sluicegate.detection.framing.sse import Sse

NAMED = Sse(name=lambda tree: str(tree["type"]), names=("start", "ping"), end=b"[DONE]")
FRAMINGS: dict[str, Framing] = {"sse": NAMED, "lines": Ndjson(), "array": JsonArray()}
OBJECTS = st.lists(
    st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.integers() | st.lists(st.text(max_size=3))),
    max_size=5,
)


def fed(parser: FrameParser, data: bytes, size: int) -> tuple[list[tuple[bytes, bytes | None]], str]:
    """The events of a stream in pieces of one size, and the fault that ended it."""
    seen: list[tuple[bytes, bytes | None]] = []
    try:
        for at in range(0, len(data), size):
            seen += [(event.raw, event.data) for event in parser.feed(data[at : at + size])]
        parser.feed(b"")
        rest = parser.close()
        seen += [(rest.raw, rest.data)] if rest else []
    except UpstreamFault as fault:
        return seen, fault.message
    return seen, ""


def written(framing: Framing, trees: list[Any]) -> bytes:
    """A stream as this framing writes it."""
    end = framing.end if trees or not isinstance(framing, JsonArray) else b"[]"
    return framing.parser().join([*(framing.write(tree) for tree in trees), end])


@pytest.mark.parametrize("name", FRAMINGS)
@settings(max_examples=60, deadline=None)
@given(trees=OBJECTS, size=st.integers(1, 40))
def test_what_is_written_is_read_back_byte_for_byte(name: str, trees: list[Any], size: int) -> None:
    framing = FRAMINGS[name]
    trees = [{"type": "start", **tree} for tree in trees]
    stream = written(framing, trees)
    seen, fault = fed(framing.parser(), stream, size)
    assert not fault
    assert b"".join(raw for raw, _ in seen) == stream
    assert [json.loads(data) for _, data in seen if data and data != framing.mark] == trees


HOSTILE = st.lists(
    st.sampled_from(
        [
            *(
                b'{"a":"b"}',
                b"[",
                b"]",
                b",",
                b"\n",
                b"\r\n",
                b" ",
                b'{"a":"]}\\"["}',
                b"{",
                b"}",
                b'"',
                b"7",
            ),
            *(b"\\", b"data: ", b"event: ping", b"event: other", b": x", b"\r", b"\xef\xbb\xbf", b"[DONE]"),
        ]
    ),
    max_size=14,
)


@pytest.mark.parametrize("name", FRAMINGS)
@settings(max_examples=200, deadline=None)
@given(pieces=HOSTILE, size=st.integers(2, 30))
def test_no_cut_changes_what_is_read(name: str, pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    (found, fault), (bitwise, slow) = (fed(FRAMINGS[name].parser(), data, step) for step in (size, 1))
    assert fault == slow
    assert [item for _, item in found if item] == [item for _, item in bitwise if item]
    assert b"".join(raw for raw, _ in found) == b"".join(raw for raw, _ in bitwise)


@pytest.mark.parametrize("name", FRAMINGS)
def test_an_event_is_bounded(name: str) -> None:
    chunks = [b'[{"a":"', *[b"x" * 65536] * (LARGEST // 65536 + 1)]
    assert "too large" in fed(FRAMINGS[name].parser(), b"".join(chunks), 65536)[1]


def test_an_event_under_a_known_name_is_plain() -> None:
    stream = b"event: start\ndata: {}\n\ndata: {}\n\nevent: new\ndata: {}\n\nevent: ping\nid: 1\ndata: {}\n\n"
    seen = [event for size in (1, len(stream)) for event in _events(NAMED.parser(), stream, size)]
    expected = [("start", True), ("", True), ("new", False), ("ping", False)]
    assert [(event.name, event.plain) for event in seen] == expected * 2
    assert [event.without_data() for event in seen[2:4]] == [b"event: new", b"event: ping\nid: 1"]
    assert seen[0].with_data(b'{"a":1}') == b'event: start\ndata: {"a":1}\n\n'
    assert NAMED.write({"type": "ping"}) == b'event: ping\ndata: {"type":"ping"}\n\n'


def _events(parser: FrameParser, data: bytes, size: int) -> list[Any]:
    return [event for at in range(0, len(data), size) for event in parser.feed(data[at : at + size])]


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b'{"a":1}\n\n{"b":2}\r\n', [b'{"a":1}', None, b'{"b":2}']),
        (b' {"a":1} \n{"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b"", []),
    ],
)
def test_lines(stream: bytes, lines: list[bytes | None]) -> None:
    seen, _ = fed(Ndjson().parser(), stream, 3)
    assert [data for _, data in seen] == lines
    first, *_ = [*Ndjson().parser().feed(b'{"a":1} \r\n')]
    assert first.with_data(b"{}") == b"{} \r\n"


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b'{"a":1}', id="no array"),
        pytest.param(b'[{"a":1}{"b":2}]', id="no comma"),
        pytest.param(b'[{"a":1},,{"b":2}]', id="two commas"),
        pytest.param(b'[,{"a":1}]', id="comma first"),
        pytest.param(b'[{"a":1},]', id="comma last"),
        pytest.param(b'[["a"]]', id="array in it"),
        pytest.param(b'["a",{"b":2}]', id="text in it"),
        pytest.param(b'[{"a":1}]{"b":2}', id="more behind it"),
        pytest.param(b"[{}] x", id="text behind it"),
        pytest.param(b"x", id="text"),
    ],
)
def test_what_is_no_array_of_objects_is_a_fault(stream: bytes) -> None:
    assert fed(JsonArray().parser(), stream, 1)[1]


def leaving(chosen: set[int]) -> bytes:
    """What leaves of an array of three elements, all but the chosen left out."""
    parser = JsonArray().parser()
    events = parser.feed(b'[{"a":1},\r\n{"a":2}\n, {"a":3}]\n')
    rest = parser.close()
    kept = [event.raw for index, event in enumerate(events) if event.data == b"]" or index in chosen]
    return b"".join([parser.join([piece]) for piece in kept]) + parser.join([rest.raw] if rest else [])


def test_an_array_stays_one_whatever_is_left_out() -> None:
    assert leaving({0, 1, 2}) == b'[{"a":1},\r\n{"a":2}\n, {"a":3}]\n'
    for count in range(4):
        for chosen in map(set, combinations(range(3), count)):
            assert json.loads(leaving(chosen)) == [{"a": index + 1} for index in sorted(chosen)]


def test_what_is_written_into_an_array_takes_its_place() -> None:
    framing = JsonArray()
    parser = framing.parser()
    (first,) = parser.feed(b'[{"a":1}')
    out = parser.join([framing.write({"b": 1}), first.raw, framing.write({"b": 2}), framing.end])
    assert json.loads(out) == [{"b": 1}, {"a": 1}, {"b": 2}]
    assert framing.parser().join([framing.end]) == b"[]"
