"""What is not edited passes byte for byte; an edit changes nothing but the edited strings."""

import pytest

from tests.fakes.http_server import Answer
from tests.fakes.openai_api import FakeOpenAI
from tests.sdk.gateway import Gateway
from tests.sdk.material import AWS_KEY, EMAIL, only_token, tokens

CHAT = "/chat/completions"

SPELLINGS = [
    pytest.param(b'{"model":"gpt-5-mini","messages":[{"role":"user","content":"hi"}]}', id="compact"),
    pytest.param(
        b'{\r\n\t"messages" : [ { "content" : "hi" , "role":"user" } ] ,\n "model":"gpt-5-mini" }\n',
        id="spaces-and-order",
    ),
    pytest.param(
        b'{"model":"gpt-5-mini","temperature":0.10,"top_p":1e-1,"seed":12345678901234567890,'
        b'"messages":[{"role":"user","content":"hi"}],"logit_bias":{"1":-0}}',
        id="number-spelling",
    ),
    pytest.param(
        rb'{"model":"gpt-5-mini","messages":[{"role":"user","content":"caf\u00e9 \/ \u0041 \ud83c\udf0d"}]}',
        id="escapes",
    ),
    pytest.param(
        '{"model":"gpt-5-mini","messages":[{"role":"user","content":"café 🌍"}]}'.encode(), id="utf8"
    ),
    pytest.param(
        rb'{"model":"gpt-5-mini","messages":[{"role":"user","content":"lone \ud83c half"}]}', id="surrogate"
    ),
    pytest.param(
        b'{"model":"gpt-5-mini","vendor":{"x":[null,true,{"y":{}}],"":1},'
        b'"messages":[{"role":"user","content":"hi","weight":0.50}]}',
        id="unknown-keys",
    ),
]


@pytest.mark.parametrize("body", SPELLINGS)
def test_an_unedited_request_arrives_byte_for_byte(fake: FakeOpenAI, balanced: Gateway, body: bytes) -> None:
    answer = balanced.post_raw(CHAT, body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-sluicegate-action"] == "pass"
    assert fake.last.raw == body


@pytest.mark.parametrize("body", SPELLINGS)
def test_an_edited_request_differs_only_in_the_edited_string(
    fake: FakeOpenAI, balanced: Gateway, body: bytes
) -> None:
    at = body.index(b'"messages"')
    marked = body[:at] + b'"note" : "to \\u00e9 %s,\\/" ,' + body[at:]
    answer = balanced.post_raw(CHAT, marked % EMAIL.encode())
    assert answer.headers["x-sluicegate-action"] == "mask"
    assert fake.last.raw == marked % only_token(fake.last).encode()


def test_two_edits_in_one_string_and_one_in_another(fake: FakeOpenAI, balanced: Gateway) -> None:
    form = b'{ "messages":[{"role":"user","content":"\\"%s\\" \\n %s"}], "user":"%s" , "model":"gpt-5-mini"}'
    balanced.post_raw(CHAT, form % (EMAIL.encode(), AWS_KEY.encode(), EMAIL.encode()))
    first, second = (token.encode() for token in tokens(fake.last))
    assert fake.last.raw == form % (first, second, first)


def test_an_escaped_value_is_found_all_the_same(fake: FakeOpenAI, balanced: Gateway) -> None:
    spelled = EMAIL.replace("a", "\\u0061").replace("@", "\\u0040")
    form = '{"model":"gpt-5-mini","messages":[{"role":"user","content":"I am %s."}]}'
    balanced.post_raw(CHAT, (form % spelled).encode())
    assert fake.last.raw == (form % only_token(fake.last)).encode()


ANSWERS = [
    pytest.param(
        b'{\n  "id": "x", "object":"chat.completion","created":1,"model":"m","vendor":{"n":1.50},'
        b'\r\n"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",'
        b'"content":"hi \\/"}}]}\n',
        id="odd-spelling",
    ),
    pytest.param(b'{"choices":[]}', id="bare"),
]


@pytest.mark.parametrize("body", ANSWERS)
def test_an_unedited_answer_comes_back_byte_for_byte(
    fake: FakeOpenAI, balanced: Gateway, body: bytes
) -> None:
    fake.script = lambda _: Answer([body], headers=(("x-ratelimit-remaining-requests", "99"),))
    answer = balanced.post_raw(CHAT, SPELLING)
    assert answer.content == body
    assert answer.headers["x-ratelimit-remaining-requests"] == "99"


SPELLING = b'{"model":"gpt-5-mini","messages":[{"role":"user","content":"hi"}]}'


def test_known_queries_and_plain_headers_arrive(fake: FakeOpenAI, balanced: Gateway) -> None:
    balanced.post_raw(f"{CHAT}?api-version=2026-01-01", SPELLING, {"openai-beta": "assistants=v2"})
    assert fake.last.path == "/v1/chat/completions?api-version=2026-01-01"
    assert fake.last.header("openai-beta") == "assistants=v2"
    assert fake.last.header("accept-encoding") in (None, "identity")


@pytest.mark.parametrize("query", ["q=hello", f"api-version={EMAIL}", "api-version=1&x=%20y"])
def test_text_in_a_query_goes_nowhere_unread(fake: FakeOpenAI, balanced: Gateway, query: str) -> None:
    answer = balanced.post_raw(f"{CHAT}?{query}", SPELLING)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_query"
    assert not fake.requests
