"""The real mistralai package through the gateway: chat, fill-in, agents and what is not streamed."""

import json
from typing import Any

import pytest
from mistralai.client.errors import ResponseValidationError, SDKError

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from tests.detection.support import BLOCK_ALL
from tests.fakes import mistral_api as api
from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.mistral_api import FakeMistral
from tests.fakes.scripted_api import document, events
from tests.support.local_gateway import LocalGateway

MODEL = "mistral-small-latest"
MAIL, SECRET = "maria.keller@kontor-nord.example", "AKIA" + "5XGQ7R2MZN4CTYLB"
MASK_AND_RESTORE = Policy("mask", (Clause(Action.MASK),))
ERRORS = Policy("errors", (Clause(Action.BLOCK),), block_style="error")
TOOL = {"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}


def asked(text: Any = "hi", **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def deltas(stream: Any) -> list[Any]:
    return [event.data.choices[0].delta for event in stream if event.data.choices]


def text_of(found: list[Any]) -> str:
    return "".join(delta.content for delta in found if isinstance(delta.content, str))


def thought_of(found: list[Any]) -> str:
    chunks = [chunk for delta in found if isinstance(delta.content, list) for chunk in delta.content]
    return "".join(part.text for chunk in chunks for part in chunk.thinking)


def last_word(request: Received) -> str:
    word: str = request.body["messages"][-1]["content"].split()[-1]
    return word


def test_a_plain_call(client: Any, fake: FakeMistral) -> None:
    answer = client.chat.complete(**asked())
    assert answer.choices[0].message is not None
    assert answer.choices[0].message.content == "Hello there."
    assert fake.requests[0].path == "/v1/chat/completions"


def test_a_streamed_call_that_thinks_first(client: Any, fake: FakeMistral) -> None:
    fake.says(api.stream([api.thought("Let me "), api.thought("see."), "Hello K\u00f6", "nig."]))
    found = deltas(client.chat.stream(**asked()))
    assert thought_of(found) == "Let me see."
    assert text_of(found) == "Hello K\u00f6nig."


def test_thoughts_are_judged_over_chunks(client: Any, gateway: LocalGateway, fake: FakeMistral) -> None:
    gateway.policy = MASK_AND_RESTORE
    fake.says(api.stream([*(api.thought(part) for part in f"so {SECRET} then"), *f"It is {SECRET} now"]))
    found = deltas(client.chat.stream(**asked()))
    assert thought_of(found).startswith("so ")
    assert thought_of(found).endswith(" then")
    assert SECRET not in thought_of(found) + text_of(found)
    assert text_of(found).endswith(" now")


def test_a_text_in_chunks_and_plain_is_one_text(
    client: Any, gateway: LocalGateway, fake: FakeMistral
) -> None:
    gateway.policy = BLOCK_ALL
    fake.says(api.stream([f"It is {SECRET[:9]}", [{"type": "text", "text": f"{SECRET[9:]} "}], "more"]))
    found = deltas(client.chat.stream(**asked()))
    assert text_of(found) == "It is "


@pytest.mark.parametrize("as_object", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_tools_are_masked_and_restored(
    client: Any, gateway: LocalGateway, fake: FakeMistral, *, streamed: bool, as_object: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        given: Any = {"to": last_word(request)}
        function = {"name": "send", "arguments": given if as_object else json.dumps(given)}
        call = {"id": "t1", "function": function, "index": 0}
        return (
            api.stream([{"tool_calls": [call]}])
            if streamed
            else api.chat("", "tool_calls", tool_calls=[call])
        )

    fake.reset(script)
    if streamed:
        found = deltas(client.chat.stream(**asked(f"Write to {MAIL}", tools=[TOOL])))
        calls = [call for delta in found for call in delta.tool_calls or []]
    else:
        answer = client.chat.complete(**asked(f"Write to {MAIL}", tools=[TOOL]))
        calls = answer.choices[0].message.tool_calls if answer.choices[0].message else []
    (call,) = calls
    arguments = call.function.arguments
    assert (arguments if as_object else json.loads(arguments)) == {"to": MAIL}
    assert MAIL not in fake.requests[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_masked_value_comes_back(
    client: Any, gateway: LocalGateway, fake: FakeMistral, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        told = f"Dear {last_word(request)}."
        return api.stream(told) if streamed else api.chat(told)

    fake.reset(script)
    if streamed:
        assert text_of(deltas(client.chat.stream(**asked(f"Greet {MAIL}")))) == f"Dear {MAIL}."
    else:
        answer = client.chat.complete(**asked(f"Greet {MAIL}"))
        assert answer.choices[0].message is not None
        assert answer.choices[0].message.content == f"Dear {MAIL}."
    assert MAIL not in fake.requests[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_prompt_goes_nowhere(
    client: Any, gateway: LocalGateway, fake: FakeMistral, *, streamed: bool
) -> None:
    gateway.policy = BLOCK_ALL
    if streamed:
        seen = [event.data.choices[0] for event in client.chat.stream(**asked(f"my key is {SECRET} "))]
        assert seen[0].delta.content == BLOCK_ALL.safe_text
        assert seen[-1].finish_reason == "content_filter"
    else:
        (choice,) = client.chat.complete(**asked(f"my key is {SECRET} ")).choices
        assert choice.message is not None
        assert (choice.message.content, choice.finish_reason) == (BLOCK_ALL.safe_text, "content_filter")
    assert not fake.requests


def test_a_block_in_style_of_an_error_is_typed_and_not_tried_again(
    client: Any, gateway: LocalGateway, fake: FakeMistral
) -> None:
    gateway.policy = ERRORS
    with pytest.raises(SDKError) as caught:
        client.chat.complete(**asked(f"my key is {SECRET} "))
    assert caught.value.status_code == 400
    fake.says(api.chat(f"the key is {SECRET} "))
    with pytest.raises(SDKError):
        client.chat.complete(**asked())
    assert len(fake.requests) == 1


def test_a_block_in_mid_stream_ends_natively_and_cancels_the_upstream(
    client: Any, gateway: LocalGateway, fake: FakeMistral
) -> None:
    gateway.policy = BLOCK_ALL
    begun = api.stream(["All well. ", f"It is {SECRET} "])
    pieces = [*list(begun.pieces)[:-2], Gate()]
    fake.says(Answer(pieces, content_type=begun.content_type, framing="chunked"))
    seen = [event.data.choices[0] for event in client.chat.stream(**asked())]
    assert text_of([choice.delta for choice in seen]) == "All well. It is "
    assert seen[-1].finish_reason == "content_filter"
    assert fake.exchanges[0].wait() == "aborted"
    assert len(fake.requests) == 1


def test_an_upstream_error_arrives_as_it_was(client: Any, fake: FakeMistral) -> None:
    told = {"object": "error", "message": "Invalid model", "type": "invalid_model", "code": "1500"}
    fake.says(document(told, status=400))
    with pytest.raises(SDKError) as caught:
        client.chat.complete(**asked())
    assert json.loads(caught.value.body) == told
    assert len(fake.requests) == 1


def test_a_stream_that_cannot_be_read_ends_with_an_error(client: Any, fake: FakeMistral) -> None:
    fake.says(events([{"choices": [{"index": -1}]}]))
    with pytest.raises(ResponseValidationError):
        list(client.chat.stream(**asked()))
    assert len(fake.requests) == 1


def test_a_client_that_goes_away_ends_the_call(client: Any, fake: FakeMistral) -> None:
    begun = api.stream(["Hello ", "there."])
    pieces = [*list(begun.pieces)[:2], Gate()]
    fake.says(Answer(pieces, content_type=begun.content_type, framing="chunked"))
    with client.chat.stream(**asked()) as stream:
        assert next(stream).data.id == "m1"
    assert fake.exchanges[0].wait() == "aborted"


@pytest.mark.parametrize("streamed", [False, True])
def test_fill_in_and_agents_answer_as_a_chat_does(
    client: Any, gateway: LocalGateway, fake: FakeMistral, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE
    fill = {"model": "codestral-latest", "prompt": f"to = '{MAIL}'", "suffix": "\nsend(to)"}
    agent: Any = {"agent_id": "ag:1:x", "messages": [{"role": "user", "content": f"Mail {MAIL}"}]}
    if streamed:
        assert text_of(deltas(client.fim.stream(**fill))) == "Hello there."
        assert text_of(deltas(client.agents.stream(**agent))) == "Hello there."
    else:
        for answer in (client.fim.complete(**fill), client.agents.complete(**agent)):
            assert answer.choices[0].message is not None
            assert answer.choices[0].message.content == "Hello there."
    assert [request.path for request in fake.requests] == ["/v1/fim/completions", "/v1/agents/completions"]
    assert all(MAIL not in request.text for request in fake.requests)
    assert fake.requests[0].body["suffix"] == "\nsend(to)"


def test_what_holds_no_answer_is_judged_on_the_way_in(
    client: Any, gateway: LocalGateway, fake: FakeMistral
) -> None:
    gateway.policy = MASK_AND_RESTORE
    told: Any = [{"role": "user", "content": f"Mail {MAIL}"}]
    assert client.embeddings.create(model="mistral-embed", inputs=[f"Mail {MAIL}"]).data[0].embedding
    assert client.classifiers.moderate(model="mistral-moderation-latest", inputs=f"Mail {MAIL}").results
    assert client.classifiers.moderate_chat(model="mistral-moderation-latest", inputs=told).results
    assert len(fake.requests) == 3
    assert all(MAIL not in request.text for request in fake.requests)
    gateway.policy = BLOCK_ALL
    with pytest.raises(SDKError) as caught:
        client.classifiers.moderate_chat(model="m", inputs=[{"role": "user", "content": f"{SECRET} "}])
    assert caught.value.status_code == 400
    assert len(fake.requests) == 3


def test_what_was_read_in_a_document_is_judged(client: Any, gateway: LocalGateway, fake: FakeMistral) -> None:
    gateway.policy = Policy("secrets", (Clause(Action.MASK, ("secret",)),))
    block = {"type": "text", "content": f"key {SECRET} "}
    place = {"top_left_x": 1, "top_left_y": 1, "bottom_right_x": 2, "bottom_right_y": 2}
    scores = {"average_page_confidence_score": 0.9, "minimum_page_confidence_score": 0.5}
    words = [{"text": SECRET, "confidence": 0.75, "start_index": 4}]
    page = {
        "index": 0,
        "markdown": f"The key {SECRET} is here",
        "images": [{"id": "i", **place, "image_base64": "data:image/png;base64,AAAA"}],
        "dimensions": None,
        "blocks": [block | place],
        "confidence_scores": {**scores, "word_confidence_scores": words},
    }
    fake.says(
        document({"pages": [page], "model": "mistral-ocr-latest", "usage_info": {"pages_processed": 1}})
    )
    read = client.ocr.process(
        model="mistral-ocr-latest",
        document={"type": "document_url", "document_url": "https://files.example/a.pdf"},
    )
    assert SECRET not in read.model_dump_json()
    assert read.pages[0].markdown.endswith(" is here")
    assert read.pages[0].images[0].image_base64 == "data:image/png;base64,AAAA"
    assert fake.last["document"]["document_url"] == "https://files.example/a.pdf"
