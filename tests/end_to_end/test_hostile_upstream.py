"""An upstream that lies or breaks: the caller is told in the envelope, one entry says what happened."""

import json

import pytest

from tests.end_to_end.raw import RawAnswer, post, send
from tests.fakes import hostile
from tests.fakes.http_server import Answer
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import say
from tests.sdk.gateway import Gateway

CHAT = "/v1/chat/completions"
REPLY = say("one two three four")


def ask(gateway: Gateway, streamed: bool) -> RawAnswer:
    messages = [{"role": "user", "content": "hi"}]
    body = json.dumps({"model": "gpt-5-mini", "messages": messages, "stream": streamed}).encode()
    (answer,) = send(gateway.port(), [post(CHAT, gateway.key, body)])
    return answer


BUFFERED = [
    pytest.param(hostile.no_answer(), id="no-answer"),
    pytest.param(hostile.not_http(), id="not-http"),
    pytest.param(hostile.garbage_body(), id="garbage"),
    pytest.param(hostile.endless_body(), id="endless"),
    pytest.param(Answer([b"{}"], status=101), id="switching"),
    pytest.param(Answer([b"{}"], status=302, headers=(("location", "http://169.254.1.1/"),)), id="redirect"),
    pytest.param(Answer([b'{"a":1,"a":2}']), id="duplicate-keys"),
    pytest.param(Answer([b"[" * 100_000]), id="deep"),
    pytest.param(Answer([b"{}"], headers=(("x-huge", "y" * 200_000),)), id="huge-header"),
    pytest.param(Answer([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"], framing="raw"), id="short"),
]


@pytest.mark.parametrize("broken", BUFFERED)
def test_a_broken_answer_is_a_bad_gateway_with_one_entry(
    fake: FakeOpenAI, balanced: Gateway, broken: Answer
) -> None:
    fake.script = lambda _: broken
    answer = ask(balanced, streamed=False)
    assert answer.status == 502, answer
    assert answer.error["code"]
    assert balanced.entries(answer.headers["x-sluicegate-request-id"]) == ["upstream_error"]
    fake.reset()
    assert ask(balanced, streamed=False).status == 200


STREAMED = [
    pytest.param(hostile.early_close(REPLY, 2), id="early-close"),
    pytest.param(hostile.reset_midway(REPLY, 2), id="reset"),
    pytest.param(hostile.garbage_stream(), id="garbage"),
    pytest.param(hostile.duplicate_keys("a", "b"), id="duplicate-keys"),
    pytest.param(hostile.oversized_frame(40 << 20), id="oversized-frame"),
    pytest.param(hostile.endless_line(), id="endless-line"),
]


@pytest.mark.parametrize("broken", STREAMED)
def test_a_broken_stream_ends_in_an_error_frame_with_one_entry(
    fake: FakeOpenAI, balanced: Gateway, broken: Answer
) -> None:
    fake.script = lambda _: broken
    answer = ask(balanced, streamed=True)
    assert answer.status == 200, answer
    frames = [line[6:] for line in answer.body.decode().splitlines() if line.startswith("data: {")]
    told = json.loads(frames[-1])["error"]
    assert told["code"]
    assert balanced.entries(answer.headers["x-sluicegate-request-id"]) == ["upstream_error"]
    fake.reset()
    assert ask(balanced, streamed=True).status == 200


def test_answer_headers_of_the_upstream_in_our_name_are_dropped(fake: FakeOpenAI, balanced: Gateway) -> None:
    forged = (
        ("x-sluicegate-action", "block"),
        ("x-og-decision", "x"),
        ("set-cookie", "a=b"),
        ("server-timing", "guard;dur=999999"),
    )
    body = b'{"choices":[]}'
    fake.script = lambda _: Answer([body], headers=forged)
    answer = ask(balanced, streamed=False)
    assert answer.headers["x-sluicegate-action"] == "pass"
    assert "x-og-decision" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "999999" not in answer.headers["server-timing"]
    assert answer.body == body
