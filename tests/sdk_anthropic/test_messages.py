"""The real anthropic package through the gateway: messages, whole and streamed."""

import json
from typing import Any

import anthropic
import pytest

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from tests.detection.support import BLOCK_ALL, MASK_ALL
from tests.fakes import anthropic_api as api
from tests.fakes.anthropic_api import MODEL, FakeAnthropic
from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.scripted_api import document
from tests.support.local_gateway import LocalGateway

MAIL, SECRET = "maria.keller@kontor-nord.example", "AKIA" + "5XGQ7R2MZN4CTYLB"
MASK_AND_RESTORE = Policy("mask", (Clause(Action.MASK),))
ERRORS = Policy("errors", (Clause(Action.BLOCK),), block_style="error")
TOOL: Any = {"name": "send", "description": "Send a mail.", "input_schema": {"type": "object"}}


def asked(text: str = "hi", **more: Any) -> Any:
    return {"model": MODEL, "max_tokens": 99, "messages": [{"role": "user", "content": text}], **more}


def last_word(request: Received) -> str:
    word: str = request.body["messages"][-1]["content"].split()[-1]
    return word


def test_a_plain_call(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    answer = client.messages.create(**asked())
    assert answer.content[0].type == "text"
    assert answer.content[0].text == "Hello there."
    assert (answer.stop_reason, answer.usage.output_tokens) == ("end_turn", 3)
    assert fake.last == asked()
    assert fake.requests[0].path == "/v1/messages"
    assert fake.requests[0].header("anthropic-version")


def test_a_streamed_call(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    fake.says(api.stream(["Hel", "lo K\u00f6", "nig \U0001f600."]))
    with client.messages.stream(**asked()) as stream:
        assert stream.get_final_text() == "Hello K\u00f6nig \U0001f600."
        message = stream.get_final_message()
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 9)


def test_thinking_and_tools_come_in_one_stream(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    frames = [
        *api.thinking_frames(["I will ", "look."]),
        *api.text_frames(["One ", "moment."], 1),
        *api.call_frames("send", json.dumps({"to": "K\u00f6nig", "n": [1, 2]}), 2),
    ]
    fake.says(api.streamed(api.whole_stream(frames, "tool_use")))
    with client.messages.stream(**asked(tools=[TOOL])) as stream:
        message = stream.get_final_message()
    content: list[Any] = message.content
    thinking, text, call = content
    assert (thinking.type, text.type, call.type) == ("thinking", "text", "tool_use")
    assert (thinking.thinking, thinking.signature) == ("I will look.", "c2lnbmF0dXJl")
    assert text.text == "One moment."
    assert (call.name, call.input) == ("send", {"to": "K\u00f6nig", "n": [1, 2]})
    assert message.stop_reason == "tool_use"


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_are_masked_and_restored(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        given = {"to": last_word(request), "note": "K\u00f6nig"}
        if not streamed:
            return api.called("send", given)
        return api.streamed(api.whole_stream(api.call_frames("send", json.dumps(given)), "tool_use"))

    fake.reset(script)
    wanted = asked(f"Write to {MAIL}", tools=[TOOL])
    if streamed:
        with client.messages.stream(**wanted) as stream:
            message: Any = stream.get_final_message()
    else:
        message = client.messages.create(**wanted)
    assert message.content[0].input == {"to": MAIL, "note": "K\u00f6nig"}
    assert MAIL not in fake.requests[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_masked_value_comes_back(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        told = f"Dear {last_word(request)}."
        return api.stream(told) if streamed else api.whole(told)

    fake.reset(script)
    if streamed:
        with client.messages.stream(**asked(f"Greet {MAIL}")) as stream:
            text = stream.get_final_text()
    else:
        answer: Any = client.messages.create(**asked(f"Greet {MAIL}"))
        text = answer.content[0].text
    assert text == f"Dear {MAIL}."
    assert MAIL not in fake.requests[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_prompt_goes_nowhere(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic, *, streamed: bool
) -> None:
    gateway.policy = BLOCK_ALL
    wanted = asked(f"my key is {SECRET} ")
    if streamed:
        with client.messages.stream(**wanted) as stream:
            answer: Any = stream.get_final_message()
    else:
        answer = client.messages.create(**wanted)
    assert answer.content[0].text == BLOCK_ALL.safe_text
    assert answer.stop_reason == "refusal"
    assert answer.stop_details.explanation == BLOCK_ALL.safe_text
    assert not fake.requests


def test_a_block_in_style_of_an_error_is_typed_and_not_tried_again(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic
) -> None:
    gateway.policy = ERRORS
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(**asked(f"my key is {SECRET} "))
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["message"] == ERRORS.safe_text
    fake.says(api.whole(f"the key is {SECRET} "))
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(**asked())
    assert len(fake.requests) == 1


@pytest.mark.parametrize("opened", [False, True])
def test_a_block_in_mid_stream_ends_natively_and_cancels_the_upstream(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic, *, opened: bool
) -> None:
    gateway.policy = BLOCK_ALL
    said = [*api.text_frames(["All well. "])]
    more = [*api.text_frames([f"It is {SECRET} "], 1)]
    if opened:
        more = api.text_frames(["All well. ", f"It is {SECRET} "])
        said = []
    begun = api.streamed(api.whole_stream([*said, *more]))
    pieces = list(begun.pieces)[:-3]
    fake.says(Answer([*pieces, Gate()], content_type=begun.content_type, framing="chunked"))
    with client.messages.stream(**asked()) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert "".join(block.text for block in message.content if block.type == "text") == "All well. It is "
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("content_block_stop") == kinds.count("content_block_start")
    assert message.stop_reason == "refusal"
    assert message.stop_details is not None
    assert message.stop_details.explanation == BLOCK_ALL.safe_text
    assert fake.exchanges[0].wait() == "aborted"
    assert len(fake.requests) == 1


def test_signed_reasoning_is_never_edited(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic
) -> None:
    gateway.policy = MASK_ALL
    frames = [*api.thinking_frames(["It is ", SECRET, " then."]), *api.text_frames(["Well."], 1)]
    fake.says(api.streamed(api.whole_stream(frames)))
    with client.messages.stream(**asked()) as stream:
        message = stream.get_final_message()
    (thinking,) = message.content
    assert thinking.type == "thinking"
    assert (thinking.thinking, thinking.signature) == ("It is ", "")
    assert message.stop_reason == "refusal"


def test_an_upstream_error_arrives_as_it_was(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    failure = api.failure("invalid_request_error", "max_tokens: too many")
    fake.says(document(failure, status=400))
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(**asked())
    assert caught.value.body == failure
    fake.reset()
    fake.says(document(api.failure("rate_limit_error", "slow down"), status=429))
    with pytest.raises(anthropic.RateLimitError):
        client.with_options(max_retries=0).messages.create(**asked())
    assert len(fake.requests) == 1


def test_an_error_in_mid_stream_is_raised(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    frames = [*api.whole_stream(api.text_frames(["Hel"]))[:4], api.failure("overloaded_error", "Overloaded")]
    fake.says(api.streamed(frames))
    with (
        pytest.raises(anthropic.APIStatusError, match="Overloaded"),
        client.messages.stream(**asked()) as got,
    ):
        list(got)
    assert len(fake.requests) == 1


def test_a_wrong_key_is_the_packages_own_error(gateway: LocalGateway, fake: FakeAnthropic) -> None:
    key = "nobodys-key-nobodys-key-nobody"
    with (
        anthropic.Anthropic(api_key=key, base_url=gateway.url) as stranger,
        pytest.raises(anthropic.AuthenticationError) as caught,
    ):
        stranger.messages.create(**asked())
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == "authentication_error"
    assert not fake.requests


def test_a_stream_that_cannot_be_read_ends_with_an_error(
    client: anthropic.Anthropic, fake: FakeAnthropic
) -> None:
    fake.says(api.streamed([{"type": "content_block_delta", "index": -1, "delta": {}}]))
    with pytest.raises(anthropic.APIStatusError), client.messages.stream(**asked()) as stream:
        list(stream)
    assert len(fake.requests) == 1


def test_a_client_that_goes_away_ends_the_call(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    begun = api.stream(["Hello ", "there."])
    fake.says(Answer([*list(begun.pieces)[:4], Gate()], content_type=begun.content_type, framing="chunked"))
    with client.messages.stream(**asked()) as stream:
        assert next(iter(stream)).type == "message_start"
    assert fake.exchanges[0].wait() == "aborted"


def test_what_a_coding_agent_sends_arrives_byte_for_byte(gateway: LocalGateway, fake: FakeAnthropic) -> None:
    cached = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    tools = [{**TOOL, "name": f"tool_{number}"} for number in range(40)]
    wanted = asked(
        system=[{"type": "text", "text": "You write code. " * 400, **cached}],
        tools=[*tools, {**TOOL, **cached}],
        thinking={"type": "enabled", "budget_tokens": 2048},
        metadata={"user_id": "user_7"},
    )
    first: Any = {"role": "user", "content": [{"type": "text", "text": "List the files."}]}
    step: Any = [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "I look.", "signature": "c2lnbmF0dXJl" * 40},
                {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk" * 20},
                {"type": "tool_use", "id": "toolu_1", "name": "tool_1", "input": {"path": "src", "n": 1.50}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "a.py\nb.py", **cached}],
                }
            ],
        },
    ]
    sent: list[bytes] = []
    hooks = {"request": [lambda request: sent.append(request.content)]}
    with (
        anthropic.DefaultHttpxClient(event_hooks=hooks) as http,
        anthropic.Anthropic(api_key=gateway.key, base_url=gateway.url, http_client=http) as client,
    ):
        for steps in range(3):
            client.messages.create(**{**wanted, "messages": [first, *(step * steps)]})
    assert len(sent) == 3
    assert [request.raw for request in fake.requests] == sent


def test_counts_are_judged_and_never_retried(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic
) -> None:
    wanted: Any = {"model": MODEL, "messages": [{"role": "user", "content": f"my key is {SECRET} "}]}
    gateway.policy = MASK_ALL
    assert client.messages.count_tokens(**wanted).input_tokens == 12
    assert SECRET not in fake.requests[0].text
    gateway.policy = BLOCK_ALL
    with pytest.raises(anthropic.BadRequestError):
        client.messages.count_tokens(**wanted)
    assert len(fake.requests) == 1
