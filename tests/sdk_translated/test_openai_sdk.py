"""OpenAI's SDK against upstreams that speak other formats."""

import json
import re
from typing import Any

import openai
import pytest

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from tests.detection.support import BLOCK_ALL
from tests.fakes import anthropic_api
from tests.fakes.http_server import Received
from tests.sdk_translated.upstreams import Upstream
from tests.support.local_gateway import LocalGateway

MAIL, SECRET = "maria.keller@kontor-nord.example", "AKIA" + "5XGQ7R2MZN4CTYLB"
MASK = Policy("mask", (Clause(Action.MASK),))
TOOL: Any = {"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}

reached = pytest.mark.parametrize("upstream", ["anthropic", "gemini", "bedrock"], indirect=True)


def asked(upstream: Upstream, text: str = "Hello?", **more: Any) -> Any:
    return {"model": upstream.model, "messages": [{"role": "user", "content": text}], **more}


def placeholder(request: Received) -> str:
    """What stands where the address stood."""
    found = re.search(r"Write to (\w+)", request.text)
    assert found is not None
    return found[1]


@reached
def test_a_whole_answer(chat: openai.OpenAI, upstream: Upstream) -> None:
    upstream.says(lambda _: ["Hello ", "there."])
    answer = chat.chat.completions.create(**asked(upstream, max_tokens=20, stop=["END"], temperature=0.5))
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Hello there.", "stop")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


@reached
def test_a_stream(chat: openai.OpenAI, upstream: Upstream) -> None:
    upstream.says(lambda _: ["Hello ", "K\u00f6nig ", "\U0001f600."])
    told = chat.chat.completions.create(
        **asked(upstream), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(told)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "Hello K\u00f6nig \U0001f600."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


@reached
def test_a_tool_is_called_and_answers(chat: openai.OpenAI, upstream: Upstream) -> None:
    upstream.calls(lambda _: {"to": "K\u00f6nig", "n": [1, 2]})
    answer = chat.chat.completions.create(**asked(upstream, tools=[TOOL]))
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls is not None
    call: Any = message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "send",
        {"to": "K\u00f6nig", "n": [1, 2]},
    )
    upstream.says(lambda _: ["Sent."])
    result = {"role": "tool", "tool_call_id": call.id, "content": "It is on its way."}
    history: Any = [{"role": "user", "content": "Hello?"}, message, result]
    answer = chat.chat.completions.create(model=upstream.model, messages=history, tools=[TOOL])
    assert answer.choices[0].message.content == "Sent."
    assert "It is on its way." in upstream.requests[-1].text


@reached
@pytest.mark.parametrize("streamed", [False, True])
def test_arguments_are_masked_and_restored(
    chat: openai.OpenAI, gateway: LocalGateway, upstream: Upstream, *, streamed: bool
) -> None:
    gateway.policy = MASK
    upstream.calls(lambda request: {"to": placeholder(request)})
    wanted = asked(upstream, f"Write to {MAIL}", tools=[TOOL])
    if streamed:
        with chat.chat.completions.stream(**wanted) as stream:
            message: Any = stream.get_final_completion().choices[0].message
    else:
        message = chat.chat.completions.create(**wanted).choices[0].message
    assert json.loads(message.tool_calls[0].function.arguments) == {"to": MAIL}
    assert MAIL not in upstream.requests[0].text


@reached
@pytest.mark.parametrize("streamed", [False, True])
def test_words_are_masked_and_restored(
    chat: openai.OpenAI, gateway: LocalGateway, upstream: Upstream, *, streamed: bool
) -> None:
    gateway.policy = MASK
    upstream.says(lambda request: ["Dear ", placeholder(request)[:4], placeholder(request)[4:], "."])
    wanted = asked(upstream, f"Write to {MAIL}")
    if streamed:
        with chat.chat.completions.stream(**wanted) as stream:
            text = stream.get_final_completion().choices[0].message.content
    else:
        text = chat.chat.completions.create(**wanted).choices[0].message.content
    assert text == f"Dear {MAIL}."
    assert MAIL not in upstream.requests[0].text


@reached
def test_a_block_in_mid_stream(chat: openai.OpenAI, gateway: LocalGateway, upstream: Upstream) -> None:
    gateway.policy = BLOCK_ALL
    upstream.says(lambda _: ["All well. ", f"It is {SECRET} ", "and more."])
    chunks = list(chat.chat.completions.create(**asked(upstream), stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text.startswith("All well. It is ")
    assert SECRET[:8] not in text
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert len(upstream.requests) == 1


@reached
@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_of_the_upstream(chat: openai.OpenAI, upstream: Upstream, *, streamed: bool) -> None:
    upstream.fails("Too many at once.")
    with pytest.raises(openai.RateLimitError, match="Too many at once") as caught:
        chat.chat.completions.create(**asked(upstream, stream=streamed))
    assert (caught.value.code, caught.value.type) == ("upstream_error", "rate_limit_error")


@reached
def test_what_cannot_be_expressed_is_refused_by_name(chat: openai.OpenAI, upstream: Upstream) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        chat.chat.completions.create(**asked(upstream, n=2))
    assert (caught.value.code, caught.value.param) == ("not_translatable", "n")
    assert not upstream.requests


def test_an_error_in_mid_stream_is_raised(chat: openai.OpenAI, upstreams: dict[str, Upstream]) -> None:
    claude = upstreams["anthropic"]
    begun = anthropic_api.whole_stream(anthropic_api.text_frames(["Hel"]))[:4]
    failure = anthropic_api.failure("overloaded_error", "Overloaded.")
    claude.fake.reset(lambda _: anthropic_api.streamed([*begun, failure]))
    got: list[object] = []
    with pytest.raises(openai.APIError, match=r"Overloaded\."):
        got.extend(chat.chat.completions.create(**asked(claude), stream=True))
    assert got
    assert len(claude.requests) == 1
