"""The fake API against the official SDK, with nothing in between: what it speaks is the real format."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.fakes import hostile
from tests.fakes.cuts import per_byte, per_character, slices, text_seeded, words
from tests.fakes.http_server import Answer, Gate
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI, embedding
from tests.fakes.replies import Choice, Reply, ToolCall, call, error, say

USER = {"role": "user", "content": "hi"}
TEXT = 'Grüße, "Welt" \\ 🌍\nzweite Zeile'


@pytest.fixture(scope="module")
def running() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def fake(running: FakeOpenAI) -> FakeOpenAI:
    running.reset()
    return running


@pytest.fixture
def client(fake: FakeOpenAI) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=fake.base_url, api_key=UPSTREAM_KEY, max_retries=0) as made:
        yield made


def chat(client: openai.OpenAI, **more: Any) -> Any:
    ask: Any = {"model": "gpt-5-mini", "messages": [USER]}
    return client.chat.completions.create(**ask, **more)


def joined(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    return "".join(
        choice.delta.content or "" for chunk in chunks for choice in chunk.choices if choice.index == index
    )


def test_chat_comes_back_whole_and_the_request_is_kept_as_sent(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    fake.script = lambda got: say(f"{got.body['messages'][0]['content']} back")
    assert chat(client).choices[0].message.content == "hi back"
    assert fake.last.method == "POST"
    assert fake.last.path == "/v1/chat/completions"
    assert json.loads(fake.last.raw) == {"model": "gpt-5-mini", "messages": [USER]}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("byte_cut", [None, per_byte], ids=["frames", "bytes"])
@pytest.mark.parametrize("cut", [words, per_character, text_seeded(5)], ids=["words", "characters", "seeded"])
@pytest.mark.parametrize("ascii_json", [False, True], ids=["utf8", "escapes"])
def test_streams_join_to_the_text_however_they_are_cut(
    fake: FakeOpenAI, client: openai.OpenAI, newline: str, byte_cut: Any, cut: Any, ascii_json: bool
) -> None:
    how = {"newline": newline, "byte_cut": byte_cut, "cut": cut, "comments": True, "ascii_json": ascii_json}
    fake.script = lambda _: say(TEXT, **how)
    chunks = list(chat(client, stream=True))
    assert joined(chunks) == TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_two_choices_are_interleaved(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: Reply((Choice("first one"), Choice("second one")))
    chunks = list(chat(client, stream=True, n=2))
    assert [joined(chunks, 0), joined(chunks, 1)] == ["first one", "second one"]
    assert [choice.message.content for choice in chat(client, n=2).choices] == ["first one", "second one"]


def test_the_usage_chunk_has_no_choices(client: openai.OpenAI) -> None:
    chunks = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 18


def test_tool_calls_arrive_whole_and_in_fragments(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    arguments = json.dumps({"to": "a@b.example", "text": TEXT})
    fake.script = lambda _: call("send", arguments, cut=per_character)
    assert chat(client).choices[0].message.tool_calls[0].function.arguments == arguments
    fragments = [
        item.function.arguments
        for chunk in chat(client, stream=True)
        for choice in chunk.choices
        for item in choice.delta.tool_calls or ()
    ]
    assert len(fragments) > 10
    assert "".join(fragments) == arguments


def test_logprobs_carry_the_tokens(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: say("two words")
    tokens = chat(client, logprobs=True).choices[0].logprobs.content
    assert [token.token for token in tokens] == ["two", " words"]
    streamed = [chunk.choices[0].logprobs for chunk in chat(client, stream=True, logprobs=True)]
    assert [item.content[0].token for item in streamed if item] == ["two", " words"]


def test_completions(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda got: say(got.body["prompt"] + " and more")
    ask: Any = {"model": "gpt-3.5-turbo-instruct", "prompt": "this", "logprobs": 1}
    assert client.completions.create(**ask).choices[0].text == "this and more"
    chunks = list(client.completions.create(**ask, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "this and more"


@pytest.mark.parametrize("encoding", ["float", "base64"])
@pytest.mark.parametrize("given", ["one", ["one", "two"], [1, 2, 3], [[1, 2], [3]]], ids=str)
def test_embeddings(fake: FakeOpenAI, client: openai.OpenAI, encoding: str, given: Any) -> None:
    ask: Any = {"model": "text-embedding-3-small", "input": given}
    if encoding == "float":
        ask["encoding_format"] = encoding
    answer = client.embeddings.create(**ask)
    inputs = given if isinstance(given, list) and not isinstance(given[0], int) else [given]
    assert [item.embedding for item in answer.data] == [embedding(item) for item in inputs]
    assert fake.last.body["encoding_format"] == encoding


def test_models(client: openai.OpenAI) -> None:
    assert "gpt-5-mini" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-5-mini").owned_by == "scripted"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-none")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_errors_are_the_sdk_s_own(
    fake: FakeOpenAI, client: openai.OpenAI, status: int, kind: type[openai.APIStatusError]
) -> None:
    fake.script = lambda _: error(status, "some_code", "No.", retry_after="1")
    with pytest.raises(kind) as caught:
        chat(client)
    assert caught.value.code == "some_code"
    assert caught.value.response.headers["retry-after"] == "1"


def test_a_wrong_key_is_refused(fake: FakeOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        chat(openai.OpenAI(base_url=fake.base_url, api_key="another", max_retries=0))


def test_an_error_in_mid_stream_is_raised(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: say("one two three", error_after=2)
    seen = []
    with pytest.raises(openai.APIError):
        seen += chat(client, stream=True)
    assert fake.exchanges[-1].wait() == "complete"


def test_a_client_that_leaves_is_noticed(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    gate = Gate()
    fake.script = lambda _: say("one two three", gate=gate, gate_after=2)
    stream = chat(client, stream=True)
    next(stream)
    assert gate.reached.wait(10)
    stream.close()
    assert fake.exchanges[-1].wait() == "aborted"


def test_several_tool_calls_have_their_own_index(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    calls = (ToolCall("a", '{"x":1}', "call_a"), ToolCall("b", '{"y":2}', "call_b"))
    fake.script = lambda _: Reply((Choice(tool_calls=calls),))
    names = {
        item.index: item.function.name
        for chunk in chat(client, stream=True)
        for item in chunk.choices[0].delta.tool_calls or ()
        if item.function.name
    }
    assert names == {0: "a", 1: "b"}


@pytest.mark.parametrize(
    ("answer", "stream", "fault"),
    [
        pytest.param(hostile.early_close(say("a b c"), 2), True, openai.APIConnectionError, id="early-close"),
        pytest.param(hostile.reset_midway(say("a b c"), 2), True, openai.APIConnectionError, id="reset"),
        pytest.param(hostile.no_answer(), False, openai.APIConnectionError, id="no-answer"),
        pytest.param(hostile.not_http(), False, openai.APIConnectionError, id="not-http"),
        pytest.param(hostile.garbage_stream(), True, json.JSONDecodeError, id="garbage-stream"),
        pytest.param(hostile.garbage_body(), False, json.JSONDecodeError, id="garbage-body"),
    ],
)
def test_hostile_answers_hurt_the_bare_sdk(
    fake: FakeOpenAI, client: openai.OpenAI, answer: Answer, stream: bool, fault: type[Exception]
) -> None:
    fake.script = lambda _: answer
    with pytest.raises(fault):
        list(chat(client, stream=stream))


def test_an_endless_answer_stops_with_its_reader(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: hostile.endless_line()
    ask: Any = {"model": "m", "messages": [USER], "stream": True}
    with client.chat.completions.with_streaming_response.create(**ask) as response:
        next(response.iter_bytes())
    assert fake.exchanges[-1].wait() == "aborted"


def test_slices_join_to_the_whole() -> None:
    assert slices("abcdef", [4, 2, 2, 0, 99]) == ["ab", "cd", "ef"]
    assert slices(b"abc", []) == [b"abc"]
