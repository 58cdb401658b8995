"""Anthropic's SDK against upstreams that speak other formats."""

from typing import Any

import anthropic
import pytest

from tests.detection.support import BLOCK_ALL
from tests.fakes import replies
from tests.sdk_translated.test_openai_sdk import MAIL, MASK, SECRET, placeholder
from tests.sdk_translated.upstreams import Upstream
from tests.support.local_gateway import LocalGateway

TOOL: Any = {"name": "send", "description": "Send a mail.", "input_schema": {"type": "object"}}

reached = pytest.mark.parametrize("upstream", ["openai", "ollama", "gemini", "bedrock"], indirect=True)


def asked(upstream: Upstream, text: str = "Hello?", **more: Any) -> Any:
    message = {"role": "user", "content": text}
    return {"model": upstream.model, "max_tokens": 99, "messages": [message], **more}


@reached
def test_a_whole_answer(messages: anthropic.Anthropic, upstream: Upstream) -> None:
    upstream.says(lambda _: ["Hello ", "there."])
    answer = messages.messages.create(**asked(upstream, system="Be brief.", stop_sequences=["END"]))
    assert [block.text for block in answer.content if block.type == "text"] == ["Hello there."]
    assert answer.stop_reason == "end_turn"
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0
    assert "Be brief." in upstream.requests[0].text


@reached
def test_a_stream(messages: anthropic.Anthropic, upstream: Upstream) -> None:
    upstream.says(lambda _: ["Hello ", "K\u00f6nig ", "\U0001f600."])
    with messages.messages.stream(**asked(upstream)) as stream:
        message = stream.get_final_message()
    assert [block.text for block in message.content if block.type == "text"] == [
        "Hello K\u00f6nig \U0001f600."
    ]
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0


@reached
def test_a_tool_is_called_and_answers(messages: anthropic.Anthropic, upstream: Upstream) -> None:
    upstream.calls(lambda _: {"to": "K\u00f6nig", "n": [1, 2]})
    answer = messages.messages.create(**asked(upstream, tools=[TOOL]))
    assert answer.stop_reason == "tool_use"
    call: Any = answer.content[-1]
    assert (call.name, call.input) == ("send", {"to": "K\u00f6nig", "n": [1, 2]})
    upstream.says(lambda _: ["Sent."])
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "It is on its way."}
    history: Any = [
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": answer.content},
        {"role": "user", "content": [result]},
    ]
    messages.messages.create(model=upstream.model, max_tokens=9, messages=history, tools=[TOOL])
    assert "It is on its way." in upstream.requests[-1].text


@reached
@pytest.mark.parametrize("streamed", [False, True])
def test_arguments_are_masked_and_restored(
    messages: anthropic.Anthropic, gateway: LocalGateway, upstream: Upstream, *, streamed: bool
) -> None:
    gateway.policy = MASK
    upstream.calls(lambda request: {"to": placeholder(request)})
    wanted = asked(upstream, f"Write to {MAIL}", tools=[TOOL])
    if streamed:
        with messages.messages.stream(**wanted) as stream:
            message: Any = stream.get_final_message()
    else:
        message = messages.messages.create(**wanted)
    assert message.content[-1].input == {"to": MAIL}
    assert MAIL not in upstream.requests[0].text


@reached
def test_a_block_in_mid_stream(
    messages: anthropic.Anthropic, gateway: LocalGateway, upstream: Upstream
) -> None:
    gateway.policy = BLOCK_ALL
    upstream.says(lambda _: ["All well. ", f"It is {SECRET} ", "and more."])
    with messages.messages.stream(**asked(upstream)) as stream:
        message = stream.get_final_message()
    text = "".join(block.text for block in message.content if block.type == "text")
    assert text.startswith("All well. It is ")
    assert SECRET[:8] not in text
    assert message.stop_reason == "refusal"
    assert len(upstream.requests) == 1


@reached
@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_of_the_upstream(
    messages: anthropic.Anthropic, upstream: Upstream, *, streamed: bool
) -> None:
    upstream.fails("Too many at once.")
    with pytest.raises(anthropic.RateLimitError, match="Too many at once"):
        messages.messages.create(**asked(upstream, stream=streamed))


@reached
def test_what_cannot_be_expressed_is_refused_by_name(
    messages: anthropic.Anthropic, upstream: Upstream
) -> None:
    with pytest.raises(anthropic.BadRequestError, match="thinking cannot be translated"):
        messages.messages.create(**asked(upstream, thinking={"type": "enabled", "budget_tokens": 1024}))
    assert not upstream.requests


def test_an_error_in_mid_stream_is_raised(
    messages: anthropic.Anthropic, upstreams: dict[str, Upstream]
) -> None:
    there = upstreams["openai"]
    there.fake.reset(lambda _: replies.say("Hello my dear friend.", error_after=2))
    with (
        pytest.raises(anthropic.APIStatusError) as caught,
        messages.messages.stream(**asked(there)) as stream,
    ):
        list(stream)
    assert "upstream_error" in str(caught.value.body)
    assert len(there.requests) == 1
