"""The real mistralai package through the gateway: conversations, whole and streamed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from sluicegate.detection.core import build_inspector
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.testing import FakeClock
from sluicegate.detection.types import Action
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.memory_vault import MemoryVault
from tests.detection.support import BLOCK_ALL, RULES
from tests.fakes import mistral_api as api
from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.mistral_api import FakeMistral
from tests.fakes.scripted_api import KEY, document, events
from tests.support.local_gateway import LocalGateway

MODEL = "mistral-medium-latest"
MAIL, SECRET = "maria.keller@kontor-nord.example", "AKIA" + "5XGQ7R2MZN4CTYLB"
MASK_AND_RESTORE = Policy("mask", (Clause(Action.MASK),))
ERRORS = Policy("errors", (Clause(Action.BLOCK),), block_style="error")


def text_of(seen: list[Any]) -> str:
    said = [event.data.content for event in seen if event.event == "message.output.delta"]
    return "".join(content if isinstance(content, str) else getattr(content, "text", "") for content in said)


def kinds(seen: list[Any]) -> list[str]:
    return [event.event for event in seen]


def inputs(request: Received) -> str:
    given = request.body["inputs"]
    text: str = given if isinstance(given, str) else given[-1]["content"]
    return text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_masked_value_comes_back(
    client: Any, gateway: LocalGateway, fake: FakeMistral, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        told = f"Dear {inputs(request).split()[-1]}."
        return api.conversation_stream(told) if streamed else api.conversation(told)

    fake.reset(script)
    conversations = client.beta.conversations
    asked: dict[str, Any] = {"model": MODEL, "inputs": f"Greet {MAIL}", "instructions": "Be kind."}
    if streamed:
        with conversations.start_stream(**asked) as stream:
            seen = list(stream)
        assert text_of(seen) == f"Dear {MAIL}."
        assert (kinds(seen)[0], kinds(seen)[-1]) == (
            "conversation.response.started",
            "conversation.response.done",
        )
    else:
        answer = conversations.start(**asked)
        assert getattr(answer.outputs[0], "content", None) == f"Dear {MAIL}."
    assert MAIL not in fake.requests[0].text


def test_every_way_to_go_on_is_judged(client: Any, gateway: LocalGateway, fake: FakeMistral) -> None:
    gateway.policy = MASK_AND_RESTORE
    conversations = client.beta.conversations
    entry: Any = {"type": "function.result", "tool_call_id": "t1", "result": f"Mail {MAIL}"}
    assert conversations.append(conversation_id="conv1", inputs=[entry]).outputs
    assert conversations.restart(conversation_id="conv1", from_entry_id="e1", inputs=f"Mail {MAIL}").outputs
    assert conversations.start(agent_id="ag_1", inputs=f"Mail {MAIL}").outputs
    paths = [request.path for request in fake.requests]
    assert paths == ["/v1/conversations/conv1", "/v1/conversations/conv1/restart", "/v1/conversations"]
    assert all(MAIL not in request.text for request in fake.requests)


def test_calls_and_messages_side_by_side(client: Any, gateway: LocalGateway, fake: FakeMistral) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        mail = inputs(request).split()[-1]
        arguments = json.dumps({"to": mail, "key": SECRET})
        reference = {"type": "tool_reference", "tool": "web_search", "title": f"By {SECRET} "}
        frames = [
            *(api.said(part) for part in f"I write to {mail}"),
            api.said(reference, part=1),
            *(api.said(part, part=2) for part in " now."),
            *(api.called("send", part, 1) for part in arguments),
        ]
        return events(api.conversation_frames(frames), named=True)

    fake.reset(script)
    with client.beta.conversations.start_stream(model=MODEL, inputs=f"Write to {MAIL}") as stream:
        seen = list(stream)
    assert text_of(seen) == f"I write to {MAIL} now."
    calls = [event.data for event in seen if event.event == "function.call.delta"]
    told = json.loads("".join(call.arguments for call in calls))
    assert told["to"] == MAIL
    assert {call.name for call in calls} == {"send"}
    assert SECRET not in str([event.data for event in seen])


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_prompt_goes_nowhere(
    client: Any, gateway: LocalGateway, fake: FakeMistral, *, streamed: bool
) -> None:
    gateway.policy = BLOCK_ALL
    asked: dict[str, Any] = {"model": MODEL, "inputs": f"my key is {SECRET} "}
    if streamed:
        with client.beta.conversations.start_stream(**asked) as stream:
            seen = list(stream)
        assert text_of(seen) == BLOCK_ALL.safe_text
        assert kinds(seen)[-1] == "conversation.response.done"
    else:
        answer = client.beta.conversations.start(**asked)
        assert getattr(answer.outputs[0], "content", None) == BLOCK_ALL.safe_text
    assert not fake.requests


def test_a_block_in_mid_stream_ends_natively_and_cancels_the_upstream(
    client: Any, gateway: LocalGateway, fake: FakeMistral
) -> None:
    gateway.policy = BLOCK_ALL
    begun = api.conversation_stream(["All well. ", f"It is {SECRET} "])
    pieces = [*list(begun.pieces)[:-1], Gate()]
    fake.says(Answer(pieces, content_type=begun.content_type, framing="chunked"))
    with client.beta.conversations.start_stream(model=MODEL, inputs="hi") as stream:
        seen = list(stream)
    assert text_of(seen) == "All well. It is "
    assert kinds(seen)[-1] == "conversation.response.error"
    assert seen[-1].data.message == BLOCK_ALL.safe_text
    assert fake.exchanges[0].wait() == "aborted"
    assert len(fake.requests) == 1


def test_errors_are_typed_and_not_tried_again(client: Any, gateway: LocalGateway, fake: FakeMistral) -> None:
    gateway.policy = ERRORS
    with pytest.raises(SDKError) as caught:
        client.beta.conversations.start(model=MODEL, inputs=f"my key is {SECRET} ")
    assert json.loads(caught.value.body)["message"] == ERRORS.safe_text
    fake.says(document({"object": "error", "message": "no such agent"}, status=404))
    with pytest.raises(SDKError) as caught:
        client.beta.conversations.start(agent_id="ag_2", inputs="hi")
    assert json.loads(caught.value.body)["message"] == "no such agent"
    assert len(fake.requests) == 1


@pytest.fixture(scope="module")
def remembering(upstream: FakeMistral) -> Iterator[LocalGateway]:
    """A gateway that keeps placeholders for later turns."""
    rules = [rule for rule in RULES if rule.category == "pii.email"]
    inspector = build_inspector(b"k" * 32, rules, vaults=MemoryVault(b"v" * 32, FakeClock()))
    spec = UpstreamSpec("mistral", "mistral", upstream.base_url, KEY)
    with LocalGateway(spec, policy=MASK_AND_RESTORE, inspector=inspector) as gateway:
        yield gateway


@pytest.mark.parametrize("streamed", [False, True])
def test_a_later_turn_knows_the_values_of_the_first(
    remembering: LocalGateway, fake: FakeMistral, *, streamed: bool
) -> None:
    token = ""

    def script(request: Received) -> Answer:
        nonlocal token
        if request.path == "/v1/conversations":
            token = inputs(request).split()[-1]
        told = f"You are {token}."
        streams = request.raw and request.body.get("stream")
        return api.conversation_stream(told) if streams else api.conversation(told)

    fake.reset(script)
    with Mistral(api_key=remembering.key, server_url=remembering.url, timeout_ms=20_000) as client:
        conversations = client.beta.conversations
        if streamed:
            with conversations.start_stream(model=MODEL, inputs=f"I am {MAIL}") as first:
                assert MAIL in text_of(list(first))
            with conversations.append_stream(conversation_id="conv1", inputs="Who am I?") as second:
                assert text_of(list(second)) == f"You are {MAIL}."
        else:
            conversations.start(model=MODEL, inputs=f"I am {MAIL}")
            told = conversations.append(conversation_id="conv1", inputs="Who am I?")
            assert getattr(told.outputs[0], "content", None) == f"You are {MAIL}."
    assert all(MAIL not in request.text for request in fake.requests)


def test_what_is_stored_is_judged_when_it_is_read_and_can_be_removed(
    client: Any, gateway: LocalGateway, fake: FakeMistral
) -> None:
    gateway.policy = MASK_AND_RESTORE
    entry = {"object": "entry", "type": "message.input", "role": "user", "content": f"key {SECRET} "}
    history = {"object": "conversation.history", "conversation_id": "conv1", "entries": [entry]}
    fake.says(document(history))
    read = client.beta.conversations.get_history(conversation_id="conv1")
    assert read.conversation_id == "conv1"
    assert read.entries[0].content == "key [AwsKey] "
    fake.says(Answer(status=204))
    client.beta.conversations.delete(conversation_id="conv1")
    assert [request.method for request in fake.requests] == ["GET", "DELETE"]
