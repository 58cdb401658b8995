"""Errors reach the SDK as its own classes, with stable codes, and are repeated by nobody."""

import json
from typing import Any

import openai
import pytest

from tests.fakes import hostile
from tests.fakes.http_server import Answer
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.fakes.replies import error, say
from tests.sdk.gateway import Gateway
from tests.sdk.material import AWS_KEY, MODEL, ask, joined, stream, user

BOTH_WAYS = pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])


@BOTH_WAYS
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_an_upstream_s_error_keeps_its_class_its_code_and_its_headers(
    fake: FakeOpenAI,
    balanced: Gateway,
    status: int,
    kind: type[openai.APIStatusError],
    streamed: bool,
) -> None:
    fake.script = lambda _: error(status, "their_code", "Their words.", retry_after="7")
    with balanced.client(max_retries=0) as client, pytest.raises(kind) as caught:
        ask(client, "hi", stream=streamed)
    assert caught.value.status_code == status
    assert caught.value.code == "their_code"
    assert "Their words." in caught.value.message
    assert caught.value.response.headers["retry-after"] == "7"
    assert len(fake.requests) == 1


def test_a_401_about_the_operator_s_key_is_no_401_for_the_caller(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda _: error(401, "invalid_api_key", f"Incorrect API key provided: {UPSTREAM_KEY}.")
    with balanced.client(max_retries=0) as client, pytest.raises(openai.InternalServerError) as caught:
        ask(client, "hi")
    assert caught.value.code == "upstream_credential"
    assert UPSTREAM_KEY not in caught.value.response.text


def test_the_gateway_adds_no_repetition_to_the_sdk_s_own(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    answers = iter([error(500, None, "Once."), error(429, None, "Twice.", retry_after="0.01")])
    fake.script = lambda _: next(answers, say("There."))
    assert ask(client, "hi").choices[0].message.content == "There."
    assert len(fake.requests) == 3


@pytest.mark.parametrize("key", ["sk-unknown-key-of-more-than-24-characters", "x"])
def test_an_unknown_key_is_refused_and_forwarded_nowhere(
    fake: FakeOpenAI, balanced: Gateway, key: str
) -> None:
    sent: list[object] = []
    with (
        balanced.client(key, seen=sent.append) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        ask(client, "hi")
    assert caught.value.code
    assert len(sent) == 1
    assert not fake.requests


def test_no_key_at_all(fake: FakeOpenAI, balanced: Gateway) -> None:
    answer = balanced.post_raw("/chat/completions", b"{}", {"authorization": ""})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"]
    assert not fake.requests


def test_an_unknown_route_is_not_found(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.images.generate(prompt="a cat", model="dall-e-3")
    assert caught.value.code
    assert not fake.requests


def test_an_unknown_model_is_not_found(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, "hi", model="nobody-serves-this")
    assert caught.value.code == "model_not_found"
    assert not fake.requests


OK = b'{"model":"gpt-5-mini","messages":[{"role":"user","content":"hi"}]}'
JSON = {"content-type": "application/json"}

BAD: list[Any] = [
    pytest.param(b"{", {}, 400, id="cut-off"),
    pytest.param(b"", {}, 400, id="empty"),
    pytest.param(b"[]", {}, 400, id="array"),
    pytest.param(b"null", {}, 400, id="null"),
    pytest.param(b'{"model":"gpt-5-mini"}', {}, 400, id="no-messages"),
    pytest.param(b'{"model":"gpt-5-mini","messages":"hi"}', {}, 400, id="messages-no-list"),
    pytest.param(b'{"model":7,"messages":[]}', {}, 400, id="model-no-text"),
    pytest.param(b'{"model":"a",' + OK[1:], {}, 400, id="duplicate-key"),
    pytest.param(b'{"Model":"a",' + OK[1:], {}, 400, id="duplicate-key-by-case"),
    pytest.param(
        b'{"model":"gpt-5-mini","messages":[{"role":"user","content":"a","content":"b"}]}',
        {},
        400,
        id="duplicate-content",
    ),
    pytest.param(b"\xef\xbb\xbf" + OK, {}, 400, id="byte-order-mark"),
    pytest.param(OK.decode().encode("utf-16"), {}, 400, id="utf-16"),
    pytest.param(OK[:-1] + b',"x":NaN}', {}, 400, id="nan"),
    pytest.param(OK[:-1] + b',"x":Infinity}', {}, 400, id="infinity"),
    pytest.param(OK + b"{}", {}, 400, id="bytes-after"),
    pytest.param(OK.replace(b"hi", b"\xff\xfe"), {}, 400, id="not-utf-8"),
    pytest.param(OK.replace(b"hi", b"a\nb"), {}, 400, id="bare-newline"),
    pytest.param(b'{"a":' * 2000 + b"1" + b"}" * 2000, {}, 400, id="deep"),
    pytest.param(OK, {"content-type": "text/plain"}, 415, id="content-type"),
    pytest.param(OK, {"content-type": "application/json; charset=utf-16"}, 415, id="charset"),
    pytest.param(OK, {"content-encoding": "gzip"}, 415, id="gzip"),
    pytest.param(OK, {"content-encoding": "br"}, 415, id="brotli"),
    pytest.param(b'{"model":"m","x":"' + b"y" * (40 << 20) + b'"}', {}, 413, id="over-size"),
]


@pytest.mark.parametrize(("body", "headers", "status"), BAD)
def test_bad_input_gets_a_clear_error_and_goes_nowhere(
    fake: FakeOpenAI, balanced: Gateway, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = balanced.post_raw("/chat/completions", body, JSON | headers)
    assert answer.status_code == status, answer.text[:500]
    told = answer.json()["error"]
    assert set(told) >= {"message", "type", "param", "code"}
    assert told["code"]
    assert told["message"]
    assert "Traceback" not in answer.text
    assert answer.headers["x-sluicegate-request-id"]
    assert not fake.requests


def test_an_error_never_repeats_what_was_sent(balanced: Gateway) -> None:
    answer = balanced.post_raw(
        "/chat/completions", f'{{"model":"{AWS_KEY}","messages":"{AWS_KEY}"}}'.encode()
    )
    assert 400 <= answer.status_code < 500
    assert AWS_KEY not in answer.text


def test_an_error_in_mid_stream_is_raised_after_what_was_safe(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    fake.script = lambda _: say("one two three four", error_after=3)
    told: list[Any] = []
    with pytest.raises(openai.APIError) as caught:
        told.extend(ask(client, "hi", stream=True))
    assert "It broke." in str(caught.value)
    assert len(fake.requests) == 1


FAULTS = [
    pytest.param(hostile.no_answer(), False, id="no-answer"),
    pytest.param(hostile.not_http(), False, id="not-http"),
    pytest.param(hostile.garbage_body(), False, id="garbage-body"),
    pytest.param(hostile.endless_body(), False, id="endless-body"),
    pytest.param(hostile.no_answer(), True, id="no-stream"),
]


@pytest.mark.parametrize(("answer", "streamed"), FAULTS)
def test_a_broken_upstream_is_a_bad_gateway(
    fake: FakeOpenAI, balanced: Gateway, answer: Answer, streamed: bool
) -> None:
    fake.script = lambda _: answer
    got = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")], "stream": streamed})
    assert got.status_code == 502, got.text[:300]
    assert got.json()["error"]["code"]
    assert AWS_KEY not in got.text
    assert balanced.exchange(got.headers["x-sluicegate-request-id"])["outcome"] == "upstream_error"


STREAM_FAULTS = [
    pytest.param(hostile.early_close(say(f"one two {AWS_KEY}"), 3), id="early-close"),
    pytest.param(hostile.reset_midway(say(f"one two {AWS_KEY}"), 3), id="reset"),
    pytest.param(hostile.garbage_stream(), id="garbage"),
    pytest.param(hostile.duplicate_keys("harmless", AWS_KEY), id="duplicate-keys"),
    pytest.param(hostile.duplicate_keys(AWS_KEY, "harmless"), id="duplicate-keys-first"),
    pytest.param(hostile.oversized_frame(40 << 20), id="oversized-frame"),
    pytest.param(hostile.endless_line(), id="endless-line"),
]


@pytest.mark.parametrize("answer", STREAM_FAULTS)
def test_a_stream_that_breaks_raises_in_the_sdk_and_leaks_nothing(
    fake: FakeOpenAI, client: openai.OpenAI, answer: Answer
) -> None:
    fake.script = lambda _: answer
    told: list[Any] = []
    with pytest.raises(openai.APIError):
        told.extend(ask(client, "hi", stream=True))
    assert AWS_KEY not in joined(told)


DISGUISES = [
    pytest.param(hostile.unlabelled_stream(say(f"It is {AWS_KEY}")), id="stream-as-json"),
    pytest.param(hostile.wrong_content_type(say(f"It is {AWS_KEY}")), id="json-as-html"),
    pytest.param(hostile.compressed(say(f"It is {AWS_KEY}")), id="gzip"),
    pytest.param(Answer([f"<p>{AWS_KEY}</p>".encode()], content_type="text/html"), id="html"),
    pytest.param(Answer([AWS_KEY.encode()], content_type="text/plain"), id="text"),
    pytest.param(Answer([AWS_KEY.encode()], content_type="application/octet-stream"), id="bytes"),
    pytest.param(Answer([AWS_KEY.encode("utf-16")], content_type="text/plain; charset=utf-16"), id="utf-16"),
    pytest.param(
        Answer([f"<p>{AWS_KEY}</p>".encode()], status=500, content_type="text/html"), id="html-error"
    ),
    pytest.param(Answer([AWS_KEY.encode()], headers=(("content-encoding", "br"),)), id="not-brotli"),
]


@BOTH_WAYS
@pytest.mark.parametrize("answer", DISGUISES)
def test_an_answer_in_disguise_is_not_passed_unread(
    fake: FakeOpenAI, balanced: Gateway, answer: Answer, streamed: bool
) -> None:
    fake.script = lambda _: answer
    got = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")], "stream": streamed})
    assert AWS_KEY not in got.text
    assert AWS_KEY.encode("utf-16-le") not in got.content
    assert balanced.exchange(got.headers["x-sluicegate-request-id"])["outcome"] != "open"


def test_redirects_are_not_followed(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda _: Answer([b"{}"], status=307, headers=(("location", f"{fake.base_url}/models"),))
    answer = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")]})
    assert answer.status_code == 502
    assert len(fake.requests) == 1


def test_a_streamed_answer_to_a_plain_request_is_read_all_the_same(
    fake: FakeOpenAI, balanced: Gateway
) -> None:
    answer = hostile.unlabelled_stream(say(f"It is {AWS_KEY}"))
    fake.script = lambda _: Answer(answer.pieces, content_type="text/event-stream", framing="chunked")
    got = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")]})
    assert AWS_KEY not in got.text
    assert "AKIA" not in "".join(
        json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
        for line in got.text.splitlines()
        if line.startswith("data: {")
    )


def test_it_still_answers_afterwards(client: openai.OpenAI) -> None:
    assert joined(stream(client, "hi")) == "Hello there."
