"""Bodies: framing faults before a byte is read, bounds while reading."""

import asyncio

import pytest

from sluicegate.middleware.asgi import Message
from sluicegate.middleware.body import check_framing, discard, has_body, read_body
from sluicegate.middleware.headers import Fields
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.rejection import Rejected
from tests.middleware.client import Connection, fields

LIMITS = Limits(request_bytes=10, body_seconds=30.0)
JSON = ("content-type", "application/json")
CHUNKED = ("transfer-encoding", "chunked")
ENCODED = "unsupported_content_encoding"


@pytest.mark.parametrize(
    "pairs",
    [
        [JSON],
        [("content-type", "Application/JSON; Charset=UTF-8")],
        [("content-type", 'application/json;charset="utf-8"')],
        [("content-type", "application/json; profile=x")],
        [JSON, ("content-length", "10")],
        [JSON, CHUNKED],
        [JSON, ("transfer-encoding", " Chunked")],
        [JSON, ("content-encoding", "identity")],
    ],
)
def test_a_plain_json_body_may_come(pairs: list[tuple[str, str]]) -> None:
    check_framing(Fields(fields(*pairs)), LIMITS)


@pytest.mark.parametrize(
    ("pairs", "status", "code"),
    [
        ([JSON, ("content-length", "1"), CHUNKED], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "1"), ("content-length", "1")], 400, "ambiguous_framing"),
        (
            [JSON, CHUNKED, CHUNKED],
            400,
            "ambiguous_framing",
        ),
        ([JSON, ("transfer-encoding", "gzip, chunked")], 400, "ambiguous_framing"),
        ([JSON, ("transfer-encoding", "xchunked")], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "+1")], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "1_0")], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "0x1")], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "")], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "1, 1")], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "9" * 30)], 400, "ambiguous_framing"),
        ([JSON, ("content-length", "11")], 413, "body_too_large"),
        ([JSON, ("content-encoding", "gzip")], 415, ENCODED),
        (
            [JSON, ("content-encoding", "identity"), ("content-encoding", "br")],
            415,
            "unsupported_content_encoding",
        ),
        ([], 415, "unsupported_content_type"),
        ([JSON, JSON], 415, "unsupported_content_type"),
        ([("content-type", "text/plain")], 415, "unsupported_content_type"),
        ([("content-type", "application/jsonx")], 415, "unsupported_content_type"),
        ([("content-type", "multipart/form-data; x=application/json")], 415, "unsupported_content_type"),
        ([("content-type", "application/json, text/plain")], 415, "unsupported_content_type"),
        ([("content-type", "application/json; charset=utf-16")], 415, "unsupported_charset"),
        ([("content-type", "application/json; charset=utf-8; charset=utf-7")], 415, "unsupported_charset"),
        ([("content-type", "application/json; charset=latin-1")], 415, "unsupported_charset"),
    ],
)
def test_a_body_with_two_readings_is_refused(pairs: list[tuple[str, str]], status: int, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        check_framing(Fields(fields(*pairs)), LIMITS)
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize("pieces", [[b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""], [b""]])
async def test_a_body_is_read_whole(pieces: list[bytes]) -> None:
    assert await read_body(Connection(pieces).receive, LIMITS) == b"".join(pieces)


@pytest.mark.parametrize("pieces", [[b"0123456789a"], [b"01234", b"56789", b"a"], [b"0123456789", b"", b"a"]])
async def test_a_body_beyond_the_limit_is_413_as_soon_as_it_is(pieces: list[bytes]) -> None:
    with pytest.raises(Rejected) as refused:
        await read_body(Connection(pieces).receive, LIMITS)
    assert (refused.value.status, refused.value.code) == (413, "body_too_large")


async def test_a_client_that_leaves_in_the_middle_has_no_body() -> None:
    connection = Connection([b"01"], unfinished=True)
    connection.left.set()
    assert await read_body(connection.receive, LIMITS) is None


async def test_a_body_that_never_ends_is_408() -> None:
    with pytest.raises(Rejected) as refused:
        await read_body(Connection([b"01"], unfinished=True).receive, Limits(body_seconds=0.0))
    assert (refused.value.status, refused.value.code) == (408, "body_timeout")


async def test_what_is_discarded_is_bounded() -> None:
    taken = 0

    async def endless() -> Message:
        nonlocal taken
        taken += 4
        return {"type": "http.request", "body": b"0123", "more_body": True}

    await discard(endless, most=10, seconds=30.0)
    assert taken == 12

    async def silent() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    await discard(silent, most=10, seconds=0.0)
    connection = Connection([b"01", b"23"])
    await discard(connection.receive, most=100, seconds=30.0)
    assert connection.answer.messages == []


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], False),
        ([("content-length", "0")], False),
        ([("content-length", "1")], True),
        ([("content-length", "x")], True),
        ([CHUNKED], True),
    ],
)
def test_a_body_is_announced(pairs: list[tuple[str, str]], expected: bool) -> None:
    assert has_body(Fields(fields(*pairs))) is expected
