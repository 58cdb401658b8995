"""The head of a request: what stands in it, and what cannot be smuggled in."""

import pytest

from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.gateway.upstream.request_head import RequestHead

HEAD = RequestHead("https://api.example:8443/v1")


def test_a_request_with_a_body_has_its_length() -> None:
    request = UpstreamRequest("POST", b"/v1/x?beta=true", [(b"a", b"1"), (b"b", b"2")], b"{}")
    lines = HEAD.render(request).split(b"\r\n")
    assert lines[0] == b"POST /v1/x?beta=true HTTP/1.1"
    assert lines[1:] == [b"host: api.example:8443", b"a: 1", b"b: 2", b"content-length: 2", b"", b""]


@pytest.mark.parametrize(
    ("method", "length"), [("GET", False), ("HEAD", False), ("POST", True), ("PUT", True)]
)
def test_an_empty_body_has_a_length_where_one_is_expected(method: str, length: bool) -> None:
    head = HEAD.render(UpstreamRequest(method, b"/", []))
    assert head.startswith(method.encode() + b" / HTTP/1.1\r\nhost: api.example:8443\r\n")
    assert (b"content-length: 0\r\n" in head) is length
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "target", [b"", b"*", b"x", b"http://other/x", b"/x y", b"/x\r\nx: y", b"/x\n", b"/\0", b"/\r"]
)
def test_a_target_is_one_word_with_a_slash(target: bytes) -> None:
    with pytest.raises(ValueError, match="target"):
        HEAD.render(UpstreamRequest("GET", target, []))


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\n", b"\ra", b"a\0", b"\r\n\r\nGET / HTTP/1.1"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_field_is_one_line(value: bytes, place: int) -> None:
    field = (value, b"v") if place == 0 else (b"n", value)
    with pytest.raises(ValueError, match="one line"):
        HEAD.render(UpstreamRequest("GET", b"/", [(b"ok", b"1"), field]))


@pytest.mark.parametrize("method", ["", "get", "CONNECT", "TRACE", "GET /x HTTP/1.1\r\nx:"])
def test_a_method_is_a_known_one(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        HEAD.render(UpstreamRequest(method, b"/", []))


def test_what_is_remembered_is_bounded_and_stays_right() -> None:
    head = RequestHead("http://h/v1")
    for number in range(2_000):
        target = b"/v1/%d" % number
        for method in ("GET", "POST"):
            made = head.render(UpstreamRequest(method, target, [(b"n", b"%d" % number)], b"{}"))
            assert made.startswith(
                b"%b %b HTTP/1.1\r\nhost: h\r\nn: %d\r\n" % (method.encode(), target, number)
            )
    assert len(head._starts) <= 256
    assert len(head._known) <= 256
