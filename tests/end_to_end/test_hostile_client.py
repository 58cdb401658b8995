"""Clients that break rules get a clear answer, reach no upstream, and leave the appliance serving."""

import json
from collections.abc import Iterator

import pytest

from tests.end_to_end.raw import connect, head, post, send
from tests.fakes.openai_api import FakeOpenAI
from tests.sdk.gateway import Gateway

CHAT = "/v1/chat/completions"
BODY = b'{"model":"gpt-5-mini","messages":[{"role":"user","content":"hi"}]}'


@pytest.fixture(autouse=True)
def still_serving(fake: FakeOpenAI, balanced: Gateway) -> Iterator[None]:
    """After each test an ordinary request is answered."""
    yield
    fake.reset()
    (answer,) = send(balanced.port(), [post(CHAT, balanced.key, BODY)])
    assert answer.status == 200
    assert len(fake.requests) == 1


TARGETS = [
    "/v1/../v1/chat/completions",
    "/v1/./chat/completions",
    "/v1//chat/completions",
    "//v1/chat/completions",
    "/v1/chat%2Fcompletions",
    "/v1/chat%2fcompletions",
    "/v1/chat/%2e%2e/chat/completions",
    "/v1/chat\\completions",
    "/v1/chat%5Ccompletions",
    "/v1/chat/completions%00",
    "/v1/chat/completions;x=1",
    "/v1/chat/completions/",
    "/V1/chat/completions",
    "/v1/chat/%63ompletions",
    "/v1/chat/completions%20",
    "/up/fake/../fake/v1/chat/completions",
    "/up/nobody/v1/chat/completions",
    "/up/fake/v1/nowhere",
    "/v1/nowhere",
    "/v1",
    "/",
    "*",
    "http://elsewhere.example/v1/nowhere",
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_that_is_not_exactly_a_route_is_refused(
    fake: FakeOpenAI, balanced: Gateway, target: str
) -> None:
    (answer,) = send(balanced.port(), [post(target, balanced.key, BODY)])
    assert answer.status in (400, 404), answer
    assert b"Traceback" not in answer.body
    assert not fake.requests


@pytest.mark.parametrize("target", ["/v1/chat/../chat/completions", "/v1/nowhere", "/up/nobody/v1/models"])
def test_refused_routes_are_told_in_the_envelope(balanced: Gateway, target: str) -> None:
    (answer,) = send(balanced.port(), [post(target, balanced.key, BODY)])
    assert answer.error["code"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "POSTX"])
def test_other_methods_are_refused(fake: FakeOpenAI, balanced: Gateway, method: str) -> None:
    answers = send(balanced.port(), [head(method, CHAT, balanced.key)])
    assert [answer.status // 100 for answer in answers] in ([4], [])
    assert not fake.requests


MALFORMED = [
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, id="tls"),
    pytest.param(b"GET\r\n\r\n", id="no-target"),
    pytest.param(b"POST /v1/chat/completions HTTP/9.9\r\n\r\n", id="version"),
    pytest.param(b"A" * 300_000, id="endless-request-line"),
    pytest.param(b"GET /v1/models HTTP/1.1\r\nx: " + b"y" * 300_000 + b"\r\n\r\n", id="huge-header"),
    pytest.param(b"GET /v1/models HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n", id="many-headers"),
    pytest.param(b"GET /v1/models HTTP/1.1\r\nhost : x\r\n\r\n", id="space-before-colon"),
    pytest.param(b"GET /v1/models HTTP/1.1\r\nho\x00st: x\r\n\r\n", id="nul-in-name"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="http2-preface"),
]


@pytest.mark.parametrize("data", MALFORMED)
def test_what_is_no_http_ends_without_a_trace(fake: FakeOpenAI, balanced: Gateway, data: bytes) -> None:
    answers = send(balanced.port(), [data], half_close=True)
    assert all(400 <= answer.status < 500 for answer in answers)
    assert all(b"Traceback" not in answer.body for answer in answers)
    assert not fake.requests


SMUGGLED = post("/v1/nowhere", "x" * 30, b"")

FRAMINGS = [
    pytest.param(("content-length: 66", "transfer-encoding: chunked"), id="both"),
    pytest.param(("content-length: 66", "content-length: 5"), id="two-lengths"),
    pytest.param(("content-length: -1",), id="negative"),
    pytest.param(("content-length: +66",), id="plus"),
    pytest.param(("content-length: 0x42",), id="hexadecimal"),
    pytest.param(("transfer-encoding: chunked, identity",), id="identity-after-chunked"),
    pytest.param(("transfer-encoding: xchunked",), id="unknown-coding"),
    pytest.param(("transfer-encoding: gzip, chunked",), id="gzip-coding"),
]


@pytest.mark.parametrize("headers", FRAMINGS)
def test_an_ambiguous_length_is_refused(
    fake: FakeOpenAI, balanced: Gateway, headers: tuple[str, ...]
) -> None:
    request = head("POST", CHAT, balanced.key, "content-type: application/json", *headers)
    answers = send(balanced.port(), [request, b"42\r\n" + BODY + b"\r\n0\r\n\r\n", SMUGGLED], half_close=True)
    assert [answer.status for answer in answers] == [400]
    assert not fake.requests


def test_a_chunked_body_is_an_ordinary_body(fake: FakeOpenAI, balanced: Gateway) -> None:
    request = head("POST", CHAT, balanced.key, "content-type: application/json", "transfer-encoding: chunked")
    pieces = [b"1\r\n" + BODY[at : at + 1] + b"\r\n" for at in range(len(BODY))]
    (answer,) = send(balanced.port(), [request, *pieces, b"0\r\n\r\n"])
    assert answer.status == 200
    assert fake.last.raw == BODY


def test_two_requests_at_once_are_answered_in_order(fake: FakeOpenAI, balanced: Gateway) -> None:
    first = head("GET", "/v1/nowhere", balanced.key).replace(b"connection: close\r\n", b"")
    answers = send(balanced.port(), [first + post(CHAT, balanced.key, BODY)])
    assert [answer.status for answer in answers] == [404, 200]
    assert len(fake.requests) == 1


def test_what_follows_a_refused_body_is_answered_or_the_connection_says_close(
    fake: FakeOpenAI, balanced: Gateway
) -> None:
    first = post("/v1/nowhere", balanced.key, BODY).replace(b"connection: close\r\n", b"")
    answers = send(balanced.port(), [first + post(CHAT, balanced.key, BODY)])
    assert answers[0].status == 404
    assert len(answers) == 2 or answers[0].headers["connection"] == "close"
    assert len(fake.requests) == len(answers) - 1


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(("authorization: Bearer {key}", "authorization: Bearer another"), id="two-headers"),
        pytest.param(("authorization: Bearer {key}", "x-api-key: another"), id="two-places"),
        pytest.param(("authorization: Basic {key}",), id="basic"),
        pytest.param(("authorization: Bearer {key} x",), id="two-words"),
        pytest.param(("authorization: Bearer {key},Bearer {key}",), id="list"),
        pytest.param(("cookie: authorization={key}",), id="cookie"),
    ],
)
def test_a_doubtful_credential_is_refused(
    fake: FakeOpenAI, balanced: Gateway, headers: tuple[str, ...]
) -> None:
    named = [line.format(key=balanced.key) for line in headers]
    (answer,) = send(balanced.port(), [post(CHAT, "", BODY, *named)])
    assert answer.status in (400, 401)
    assert answer.error["code"]
    assert not fake.requests


def test_a_key_in_the_query_is_no_key(fake: FakeOpenAI, balanced: Gateway) -> None:
    (answer,) = send(balanced.port(), [post(f"{CHAT}?api-key={balanced.key}", "", BODY)])
    assert answer.status == 401
    assert not fake.requests


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(
    fake: FakeOpenAI, balanced: Gateway
) -> None:
    request = head("POST", CHAT, balanced.key, "content-type: application/json", f"content-length: {1 << 40}")
    (answer,) = send(balanced.port(), [request])
    assert answer.status == 413
    assert answer.error["code"]
    assert not fake.requests


def test_a_body_that_grows_too_large_is_refused(fake: FakeOpenAI, balanced: Gateway) -> None:
    request = head("POST", CHAT, balanced.key, "content-type: application/json", "transfer-encoding: chunked")
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    answers = send(balanced.port(), [request, *[piece] * 64])
    assert [answer.status for answer in answers] in ([413], [])
    assert not fake.requests


def test_an_unknown_caller_cannot_make_us_read_a_body(fake: FakeOpenAI, balanced: Gateway) -> None:
    request = head("POST", CHAT, "sk-nobody-at-all-has-this-key", f"content-length: {1 << 20}")
    (answer,) = send(balanced.port(), [request])
    assert answer.status == 401
    assert not fake.requests


@pytest.mark.parametrize("keep", [0, 1, 30, len(BODY) - 1])
def test_a_client_that_leaves_within_its_body_reaches_nobody(
    fake: FakeOpenAI, balanced: Gateway, keep: int
) -> None:
    whole = post(CHAT, balanced.key, BODY)
    with connect(balanced.port()) as connection:
        connection.sendall(whole[: len(whole) - len(BODY) + keep])
    assert not fake.requests


@pytest.mark.parametrize(
    "name",
    ["x-sluicegate-key", "x-sluicegate-action", "x-og-application-id", "x-forwarded-for"],
)
def test_headers_in_our_name_are_not_passed_on(fake: FakeOpenAI, balanced: Gateway, name: str) -> None:
    (answer,) = send(balanced.port(), [post(CHAT, balanced.key, BODY, f"{name}: forged")])
    assert answer.status in (200, 401)
    assert all("forged" not in value for request in fake.requests for _, value in request.headers)
    assert "forged" not in answer.headers.values()


def test_hop_by_hop_headers_end_here(fake: FakeOpenAI, balanced: Gateway) -> None:
    named = ("proxy-authorization: Basic eA==", "te: trailers", "x-hop: secret", "cookie: session=1")
    request = post(CHAT, balanced.key, BODY, *named).replace(
        b"connection: close", b"connection: close, x-hop"
    )
    (answer,) = send(balanced.port(), [request])
    assert answer.status == 200
    sent = {key for key, _ in fake.last.headers}
    assert not sent & {"proxy-authorization", "te", "x-hop", "cookie"}


def test_an_old_client_is_served(balanced: Gateway) -> None:
    request = post(CHAT, balanced.key, BODY).replace(b"HTTP/1.1", b"HTTP/1.0")
    (answer,) = send(balanced.port(), [request])
    assert answer.status == 200


def test_a_client_that_waits_for_continue_is_served(balanced: Gateway) -> None:
    whole = post(CHAT, balanced.key, BODY, "expect: 100-continue")
    answers = send(balanced.port(), [whole[: -len(BODY)], BODY])
    assert answers[-1].status == 200


@pytest.mark.parametrize("port", ["admin", "detection"])
def test_the_other_ports_do_not_proxy(fake: FakeOpenAI, balanced: Gateway, port: str) -> None:
    answers = send(balanced.port(port), [post(CHAT, balanced.key, BODY)])
    assert [answer.status // 100 for answer in answers] == [4]
    assert not fake.requests


def test_a_deep_body_costs_no_crash(balanced: Gateway) -> None:
    deep = b"[" * 400_000
    (answer,) = send(balanced.port(), [post(CHAT, balanced.key, deep)])
    assert answer.status == 400
    assert answer.error["code"]
    inner = json.dumps("[" * 100_000).encode()
    call = b'{"id":"a","type":"function","function":{"name":"f","arguments":%s}}' % inner
    body = b'{"model":"gpt-5-mini","messages":[{"role":"assistant","tool_calls":[%s]}]}' % call
    (answer,) = send(balanced.port(), [post(CHAT, balanced.key, body)])
    assert answer.status in (200, 400)
