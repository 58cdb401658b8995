"""OpenAI's SDK against an upstream that speaks Anthropic's messages."""

import json
from typing import Any

import openai
import pytest

from tests.fakes.anthropic_api import FakeAnthropic, call_frames, called, failure, streamed, whole_stream
from tests.fakes.scripted_api import document

ASKED: Any = {"model": "claude-x", "messages": [{"role": "user", "content": "Hello?"}]}
TOOL: Any = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}},
}


def test_an_answer_comes_in_the_clients_format(chat: openai.OpenAI, claude: FakeAnthropic) -> None:
    answer = chat.chat.completions.create(**ASKED)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello there.", "stop")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (9, 3)
    assert claude.requests[0].path == "/v1/messages"
    assert claude.last["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hello?"}]}]


def test_a_stream_comes_in_the_clients_format(chat: openai.OpenAI, claude: FakeAnthropic) -> None:
    chunks = list(chat.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello there."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 9
    assert claude.last["stream"] is True


def test_tools_are_called_and_answered(chat: openai.OpenAI, claude: FakeAnthropic) -> None:
    claude.says(called("look", {"a": 1}))
    answer = chat.chat.completions.create(**ASKED, tools=[TOOL])
    assert answer.choices[0].finish_reason == "tool_calls"
    message = answer.choices[0].message
    assert message.tool_calls is not None
    call: Any = message.tool_calls[0]
    assert (call.id, call.function.name, json.loads(call.function.arguments)) == ("toolu_1", "look", {"a": 1})
    claude.reset()
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "seen"}
    chat.chat.completions.create(
        model="claude-x", messages=[*ASKED["messages"], message, result], tools=[TOOL]
    )
    assert [block["type"] for turn in claude.last["messages"] for block in turn["content"]] == [
        "text",
        "tool_use",
        "tool_result",
    ]


def test_a_streamed_call_keeps_its_arguments(chat: openai.OpenAI, claude: FakeAnthropic) -> None:
    claude.says(streamed(whole_stream(call_frames("look", ['{"a":', "1}"]), "tool_use")))
    with chat.chat.completions.stream(**ASKED, tools=[TOOL]) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert calls is not None
    assert json.loads(calls[0].function.arguments) == {"a": 1}


def test_an_upstreams_error_keeps_status_and_message(chat: openai.OpenAI, claude: FakeAnthropic) -> None:
    claude.says(document(failure("rate_limit_error", "Too many."), status=429))
    with pytest.raises(openai.RateLimitError, match=r"Too many\."):
        chat.with_options(max_retries=0).chat.completions.create(**ASKED)


def test_what_cannot_be_expressed_is_refused_by_name(chat: openai.OpenAI, claude: FakeAnthropic) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        chat.chat.completions.create(**ASKED, seed=1)
    assert (caught.value.code, caught.value.param) == ("not_translatable", "seed")
    assert not claude.requests
