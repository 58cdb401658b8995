"""The real cohere package through the gateway: chat of version 1, whole and in JSON lines."""

import json
from typing import Any

import cohere
import pytest

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from tests.detection.support import BLOCK_ALL
from tests.fakes import cohere_api as api
from tests.fakes.cohere_api import FakeCohere
from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.scripted_api import document, lines
from tests.support.local_gateway import LocalGateway

MAIL, SECRET = "maria.keller@kontor-nord.example", "AKIA" + "5XGQ7R2MZN4CTYLB"
MASK_AND_RESTORE = Policy("mask", (Clause(Action.MASK),))
LINES = "application/stream+json"


def text_of(seen: list[Any]) -> str:
    return "".join(event.text for event in seen if event.event_type == "text-generation")


def last_word(request: Received) -> str:
    word: str = request.body["message"].split()[-1]
    return word


@pytest.mark.parametrize("streamed", [False, True])
def test_a_masked_value_comes_back(
    client_v1: Any, gateway: LocalGateway, fake: FakeCohere, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        told = f"Dear {last_word(request)}."
        return api.stream_v1(told) if streamed else api.chat_v1(told)

    fake.reset(script)
    history = [{"role": "USER", "message": f"I am {MAIL}"}, {"role": "CHATBOT", "message": "Hello."}]
    asked: dict[str, Any] = {"message": f"Greet {MAIL}", "chat_history": history}
    if streamed:
        seen = list(client_v1.chat_stream(**asked))
        assert text_of(seen) == f"Dear {MAIL}."
        assert seen[-1].response.text == f"Dear {MAIL}."
        assert seen[-1].response.chat_history[-1].message == f"Dear {MAIL}."
        assert seen[-1].finish_reason == "COMPLETE"
    else:
        assert client_v1.chat(**asked).text == f"Dear {MAIL}."
    assert MAIL not in fake.requests[0].text


def test_what_the_last_event_repeats_follows_the_verdict(
    client_v1: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = MASK_AND_RESTORE
    fake.says(lines(api.frames_v1([*f"It is {SECRET} now"], documents=[{"text": SECRET}]), LINES))
    seen = list(client_v1.chat_stream(message="hi"))
    assert SECRET not in "".join(event.model_dump_json() for event in seen)
    assert text_of(seen) == seen[-1].response.text


def test_tools_are_judged_as_values(client_v1: Any, gateway: LocalGateway, fake: FakeCohere) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        given = {"to": last_word(request), "key": SECRET}
        pieces = [
            {"event_type": "tool-calls-chunk", "tool_call_delta": {"index": 0, "parameters": part}}
            for part in json.dumps(given)
        ]
        whole = {"event_type": "tool-calls-generation", "tool_calls": [{"name": "send", "parameters": given}]}
        return lines([*pieces, whole, *api.frames_v1([])[-1:]], LINES)

    fake.reset(script)
    seen = list(client_v1.chat_stream(message=f"Write to {MAIL}"))
    deltas = [event.tool_call_delta for event in seen if event.event_type == "tool-calls-chunk"]
    told = json.loads("".join(delta.parameters for delta in deltas))
    (call,) = next(event.tool_calls for event in seen if event.event_type == "tool-calls-generation")
    assert told["to"] == call.parameters["to"] == MAIL
    assert SECRET not in str(told) + str(call.parameters)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_prompt_goes_nowhere(
    client_v1: Any, gateway: LocalGateway, fake: FakeCohere, *, streamed: bool
) -> None:
    gateway.policy = BLOCK_ALL
    if streamed:
        seen = list(client_v1.chat_stream(message=f"my key is {SECRET} "))
        assert text_of(seen) == seen[-1].response.text == BLOCK_ALL.safe_text
        assert seen[-1].finish_reason == "ERROR_TOXIC"
    else:
        answer = client_v1.chat(message=f"my key is {SECRET} ")
        assert (answer.text, answer.finish_reason) == (BLOCK_ALL.safe_text, "ERROR_TOXIC")
    assert not fake.requests


def test_a_block_in_mid_stream_ends_natively_and_cancels_the_upstream(
    client_v1: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = BLOCK_ALL
    begun = lines(api.frames_v1(["All well. ", f"It is {SECRET} "]), LINES)
    fake.says(Answer([*list(begun.pieces)[:-1], Gate()], content_type=LINES, framing="chunked"))
    seen = list(client_v1.chat_stream(message="hi"))
    assert text_of(seen) == "All well. It is "
    assert seen[-1].event_type == "stream-end"
    assert seen[-1].finish_reason == "ERROR_TOXIC"
    assert seen[-1].response.text == BLOCK_ALL.safe_text
    assert fake.exchanges[0].wait() == "aborted"
    assert len(fake.requests) == 1


def test_an_upstream_error_arrives_as_it_was(client_v1: Any, fake: FakeCohere) -> None:
    fake.says(document({"message": "invalid request: message is empty"}, status=400))
    with pytest.raises(cohere.BadRequestError) as caught:
        client_v1.chat(message="hi")
    assert caught.value.body == {"message": "invalid request: message is empty"}
    assert len(fake.requests) == 1
