"""The load generator takes whole and right answers only."""

import pytest

from sluicegate.appliance.bench.whole_load import BadAnswer, whole_answer

_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_EXPECT = [b"mark"]


@pytest.mark.parametrize(
    "answer",
    [
        _OK + b"content-length: 6\r\n\r\na mark",
        _OK + b"Content-Length:6\r\n\r\na mark",
        _OK + b"transfer-encoding: chunked\r\n\r\n6\r\na mark\r\n0\r\n\r\n",
    ],
)
def test_a_whole_answer_is_whole_at_its_last_byte(answer: bytes) -> None:
    assert whole_answer(answer, _EXPECT)
    for end in range(len(answer)):
        assert not whole_answer(answer[:end], _EXPECT)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\nmark", "status 502: 'mark'"),
        (_OK + b"content-length: 6\r\n\r\na mirk", "no 'mark'"),
        (_OK + b"content-length: 6\r\n\r\na marks", "more bytes"),
        (_OK + b"\r\na mark", "neither a length nor chunks"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong(answer: bytes, fault: str) -> None:
    with pytest.raises(BadAnswer, match=fault):
        whole_answer(answer, _EXPECT)
