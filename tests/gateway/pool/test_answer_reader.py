"""From bytes to answers: however they are cut, and whatever a server thinks of."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.answer import PooledAnswer
from sluicegate.gateway.upstream.answer_reader import HEAD_BYTES, HEAD_FIELDS, MOST_INTERIM, AnswerReader

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"content-length: 5\r\nX-Id: 7\r\n\r\nhello"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nx-sum: 1\r\n\r\n"
UNTIL_CLOSE = OK + b"content-type: text/plain\r\n\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"


class NoSource:
    def resume(self) -> None: ...

    def abandon(self, answer: PooledAnswer) -> None: ...


@dataclass(frozen=True, slots=True)
class Read:
    """What came of some bytes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    complete: bool
    reusable: bool
    fault: str = ""


def read(*pieces: bytes, bodiless: bool = False, end: bool = False) -> Read:
    reader, answer = AnswerReader(), PooledAnswer(NoSource())
    reader.start(answer, bodiless=bodiless)
    fault = ""
    try:
        for piece in pieces:
            reader.feed(piece)
        if end and not answer.complete:
            reader.end()
    except UpstreamFault as raised:
        fault = raised.code
    body = b"".join(answer.pieces)
    assert answer.unread == len(body)
    return Read(answer.status, answer.headers, body, answer.complete, reader.reusable, fault)


def cuts(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted({place % len(data) for place in places} - {0}), len(data)]
    return [data[start:stop] for start, stop in pairwise(marks)]


ANSWERS = [
    pytest.param(LENGTH, b"hello", True, id="length"),
    pytest.param(CHUNKED, b"hello!", True, id="chunked"),
    pytest.param(UNTIL_CLOSE, b"hello", False, id="until close"),
    pytest.param(INTERIM + LENGTH, b"hello", True, id="behind interim ones"),
    pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", b"ok", False, id="1.0"),
    pytest.param(
        b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
        b"ok",
        True,
        id="1.0 kept",
    ),
    pytest.param(OK + b"connection: close\r\ncontent-length: 2\r\n\r\nok", b"ok", False, id="closing"),
    pytest.param(OK + b"content-length: 0\r\n\r\n", b"", True, id="empty"),
    pytest.param(b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", b"ok", True, id="no reason"),
    pytest.param(b"HTTP/1.1 204 No\r\n\r\n", b"", True, id="204"),
    pytest.param(b"HTTP/1.1 304 No\r\ncontent-length: 900\r\n\r\n", b"", True, id="304"),
]


@pytest.mark.parametrize(("data", "body", "reusable"), ANSWERS)
def test_an_answer_is_the_same_in_one_piece_and_byte_by_byte(
    data: bytes, body: bytes, reusable: bool
) -> None:
    whole = read(data, end=True)
    assert (whole.fault, whole.complete, whole.body, whole.reusable) == ("", True, body, reusable)
    assert whole.status in (200, 204, 304)
    assert read(*(data[at : at + 1] for at in range(len(data))), end=True) == whole


@given(
    data=st.sampled_from([LENGTH, CHUNKED, UNTIL_CLOSE, INTERIM + LENGTH, INTERIM + CHUNKED]),
    places=st.lists(st.integers(0, 10_000), max_size=12),
)
def test_an_answer_is_the_same_however_it_is_cut(data: bytes, places: list[int]) -> None:
    assert read(*cuts(data, places), end=True) == read(data, end=True)


def test_names_are_lower_case_and_trailers_are_no_headers() -> None:
    assert read(LENGTH).headers == [(b"content-length", b"5"), (b"x-id", b"7")]
    assert read(CHUNKED).headers == [(b"transfer-encoding", b"chunked")]
    assert read(INTERIM + LENGTH).headers == read(LENGTH).headers


@pytest.mark.parametrize("data", [LENGTH, CHUNKED, INTERIM + LENGTH])
def test_an_answer_cut_anywhere_is_not_complete(data: bytes) -> None:
    for at in range(len(data)):
        cut = read(data[:at], end=True)
        assert (cut.complete, cut.fault) == (False, "upstream_protocol")


def test_an_answer_to_a_head_request_ends_with_its_head() -> None:
    head = OK + b"content-length: 5\r\n\r\n"
    for data in (head, head + b"hello"):
        answer = read(data, bodiless=True)
        assert (answer.complete, answer.body, answer.reusable) == (True, b"", False)


SURPLUS = [b"X", b"HTTP", LENGTH, b"\x00", b"HTTP/1.1 100 Continue\r\n\r\n", b"0\r\n\r\n"]


@pytest.mark.parametrize("surplus", SURPLUS)
@pytest.mark.parametrize("data", [LENGTH, CHUNKED])
def test_what_follows_an_answer_is_not_delivered_and_ends_the_connection(data: bytes, surplus: bytes) -> None:
    alone, followed = read(data), read(data + surplus)
    assert (followed.status, followed.headers, followed.body) == (alone.status, alone.headers, alone.body)
    assert (followed.complete, followed.reusable, followed.fault) == (True, False, "")


HOSTILE = {
    "no HTTP": b"\x16\x03\x01",
    "SSH": b"SSH-2.0-OpenSSH_9.9\r\n",
    "another protocol": b"RTSP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "an empty line first": b"\r\n" + LENGTH,
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "status zero": b"HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n",
    "negative status": b"HTTP/1.1 -20 OK\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nzz",
    "switching without saying to what": b"HTTP/1.1 101 S\r\n\r\n",
    "two equal lengths": OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\nok",
    "two lengths": OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok",
    "a list of lengths": OK + b"content-length: 2, 2\r\n\r\nok",
    "negative length": OK + b"content-length: -2\r\n\r\nok",
    "signed length": OK + b"content-length: +2\r\n\r\nok",
    "hex length": OK + b"content-length: 0x2\r\n\r\nok",
    "huge length": OK + b"content-length: 99999999999999999999999\r\n\r\nok",
    "empty length": OK + b"content-length:\r\n\r\nok",
    "length and chunks": OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "chunks and length": OK + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "chunked twice": OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "gzip inside chunks": OK + b"transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "chunks inside gzip": OK + b"transfer-encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "no such coding": OK + b"transfer-encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "identity coding": OK + b"transfer-encoding: identity\r\n\r\nok",
    "chunk size of no digit": OK + b"transfer-encoding: chunked\r\n\r\nxyz\r\n",
    "empty chunk size": OK + b"transfer-encoding: chunked\r\n\r\n\r\nok",
    "negative chunk size": OK + b"transfer-encoding: chunked\r\n\r\n-2\r\nok\r\n",
    "prefixed chunk size": OK + b"transfer-encoding: chunked\r\n\r\n0x2\r\nok\r\n",
    "spaced chunk size": OK + b"transfer-encoding: chunked\r\n\r\n2 \r\nok\r\n",
    "huge chunk size": OK + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nok\r\n",
    "chunk longer than it says": OK + b"transfer-encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
    "chunks with bare line feeds": OK + b"transfer-encoding: chunked\r\n\r\n2\nok\n0\n\n",
    "a length among the trailers": CHUNKED[:-2] + b"content-length: 3\r\n\r\n",
    "folded line": OK + b"x: a\r\n b\r\ncontent-length: 2\r\n\r\nok",
    "bare CR": OK + b"x: a\rb: c\r\ncontent-length: 2\r\n\r\nok",
    "bare LF": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok",
    "bare LF after a field": OK + b"x: a\ncontent-length: 2\r\n\r\nok",
    "NUL": OK + b"x: a\0b\r\ncontent-length: 2\r\n\r\nok",
    "space before the colon": OK + b"content-length : 2\r\n\r\nok",
    "no colon": OK + b"x\r\ncontent-length: 2\r\n\r\nok",
    "no name": OK + b": x\r\ncontent-length: 2\r\n\r\nok",
    "a name that is no token": OK + "é: x\r\ncontent-length: 2\r\n\r\nok".encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_can_be_read_in_two_ways_is_a_fault(name: str) -> None:
    data = HOSTILE[name]
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        answer = read(*pieces, end=True)
        assert answer.fault == "upstream_protocol", answer
        assert not answer.complete


@given(st.binary(max_size=300), st.lists(st.integers(0, 10_000), max_size=5))
def test_noise_is_an_answer_or_a_fault(noise: bytes, places: list[int]) -> None:
    for data in (noise, OK + noise, OK + b"transfer-encoding: chunked\r\n\r\n" + noise):
        answer = read(*cuts(data, places), end=True) if data else read(end=True)
        assert answer.complete != bool(answer.fault)


def _fed_in_kilobytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1024] for at in range(0, len(data), 1024)]


ENDLESS = {
    "value": OK + b"x: " + b"a" * (HEAD_BYTES + 1024),
    "name": OK + b"a" * (HEAD_BYTES + 1024),
    "reason": b"HTTP/1.1 200 " + b"a" * (HEAD_BYTES + 1024),
    "fields": OK + b"x: y\r\n" * (HEAD_BYTES // 5),
    "chunk line": OK + b"transfer-encoding: chunked\r\n\r\n2;" + b"a" * (HEAD_BYTES + 1024),
    "chunk size": OK + b"transfer-encoding: chunked\r\n\r\n" + b"0" * (HEAD_BYTES + 1024),
    "trailers": CHUNKED[:-2] + b"x: y\r\n" * (HEAD_BYTES // 5),
    "interim heads": b"HTTP/1.1 100 C\r\nx: y\r\n\r\n" * (HEAD_BYTES // 10),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_nothing_between_pieces_of_a_body_is_endless(name: str) -> None:
    answer = read(*_fed_in_kilobytes(ENDLESS[name]))
    assert (answer.fault, answer.complete) == ("upstream_protocol", False)


@pytest.mark.parametrize(("count", "fault"), [(HEAD_FIELDS - 1, ""), (HEAD_FIELDS, "upstream_protocol")])
def test_fields_are_counted(count: int, fault: str) -> None:
    assert read(OK + b"x: y\r\n" * count + b"content-length: 0\r\n\r\n").fault == fault


@pytest.mark.parametrize(("count", "fault"), [(MOST_INTERIM, ""), (MOST_INTERIM + 1, "upstream_protocol")])
def test_interim_answers_are_counted(count: int, fault: str) -> None:
    assert read(b"HTTP/1.1 102 Processing\r\n\r\n" * count + LENGTH).fault == fault


def test_a_long_head_in_one_piece_with_its_body_is_measured() -> None:
    head = OK + b"x: " + b"a" * HEAD_BYTES + b"\r\ncontent-length: 5\r\n\r\n"
    assert read(head + b"hello").fault == "upstream_protocol"
    body = b"b" * (4 * HEAD_BYTES)
    answer = read(OK + b"content-length: %d\r\n\r\n" % len(body) + body)
    assert (answer.fault, answer.body) == ("", body)


def test_a_body_of_many_small_chunks_is_no_line_without_end() -> None:
    data = OK + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
    assert read(*_fed_in_kilobytes(data)).body == b"x" * 50_000


def test_a_reader_goes_from_answer_to_answer() -> None:
    reader = AnswerReader()
    for data in (LENGTH, CHUNKED, INTERIM + LENGTH, b"HTTP/1.1 204 No\r\n\r\n", CHUNKED):
        answer = PooledAnswer(NoSource())
        reader.start(answer, bodiless=False)
        assert reader.untouched
        for at in range(len(data)):
            reader.feed(data[at : at + 1])
            assert not reader.untouched
        assert (answer.complete, reader.reusable, answer.fault) == (True, True, None)
