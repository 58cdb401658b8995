"""The real cohere package through the gateway: chat of version 2, whole and streamed."""

import json
from typing import Any

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from tests.detection.support import BLOCK_ALL
from tests.fakes import cohere_api as api
from tests.fakes.cohere_api import FakeCohere
from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.scripted_api import document, events
from tests.support.local_gateway import LocalGateway

MODEL = "command-a-03-2025"
MAIL, SECRET = "maria.keller@kontor-nord.example", "AKIA" + "5XGQ7R2MZN4CTYLB"
MASK_AND_RESTORE = Policy("mask", (Clause(Action.MASK),))
ERRORS = Policy("errors", (Clause(Action.BLOCK),), block_style="error")
TOOL = {"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}


def asked(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def text_of(seen: list[Any]) -> str:
    said = [event.delta.message.content for event in seen if event.type == "content-delta"]
    return "".join(content.text or "" for content in said)


def arguments_of(seen: list[Any]) -> str:
    calls = [event.delta.message.tool_calls for event in seen if event.type == "tool-call-delta"]
    return "".join(call.function.arguments for call in calls)


def last_word(request: Received) -> str:
    word: str = request.body["messages"][-1]["content"].split()[-1]
    return word


def test_a_plain_call(client: Any, fake: FakeCohere) -> None:
    answer = client.chat(**asked())
    assert answer.message.content is not None
    assert answer.message.content[0].text == "Hello there."
    assert answer.finish_reason == "COMPLETE"
    assert fake.last["messages"] == [{"role": "user", "content": "hi"}]
    assert fake.requests[0].path == "/v2/chat"


def test_a_streamed_call(client: Any, fake: FakeCohere) -> None:
    fake.says(api.stream(["Hel", "lo K\u00f6", "nig \U0001f600."]))
    seen = list(client.chat_stream(**asked()))
    assert text_of(seen) == "Hello K\u00f6nig \U0001f600."
    assert [event.type for event in seen][:2] == ["message-start", "content-start"]
    assert seen[-1].delta.finish_reason == "COMPLETE"


def test_tools_are_masked_and_restored(client: Any, gateway: LocalGateway, fake: FakeCohere) -> None:
    gateway.policy = MASK_AND_RESTORE
    fake.reset(lambda request: api.called("send", json.dumps({"to": last_word(request)})))
    answer = client.chat(**asked(f"Write to {MAIL}", tools=[TOOL]))
    (call,) = answer.message.tool_calls or []
    assert call.function is not None
    assert json.loads(call.function.arguments or "") == {"to": MAIL}
    assert MAIL not in fake.requests[0].text


def test_streamed_tools_are_restored_over_fragments(
    client: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        parts = json.dumps({"to": last_word(request), "note": "K\u00f6nig"})
        return events(api.whole_stream(api.call_frames("send", parts), "TOOL_CALL"), named=True)

    fake.reset(script)
    seen = list(client.chat_stream(**asked(f"Write to {MAIL}", tools=[TOOL])))
    assert json.loads(arguments_of(seen)) == {"to": MAIL, "note": "K\u00f6nig"}
    kinds = [event.type for event in seen if event.type != "tool-call-delta"]
    assert kinds == ["message-start", "tool-call-start", "tool-call-end", "message-end"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_masked_value_comes_back(
    client: Any, gateway: LocalGateway, fake: FakeCohere, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        told = f"Dear {last_word(request)}."
        return api.stream(told) if streamed else api.chat(told)

    fake.reset(script)
    if streamed:
        text = text_of(list(client.chat_stream(**asked(f"Greet {MAIL}"))))
    else:
        text = (client.chat(**asked(f"Greet {MAIL}")).message.content or [])[0].text
    assert text == f"Dear {MAIL}."
    assert MAIL not in fake.requests[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_prompt_goes_nowhere(
    client: Any, gateway: LocalGateway, fake: FakeCohere, *, streamed: bool
) -> None:
    gateway.policy = BLOCK_ALL
    if streamed:
        seen = list(client.chat_stream(**asked(f"my key is {SECRET} ")))
        start = next(event for event in seen if event.type == "content-start")
        assert start.delta.message.content.text == BLOCK_ALL.safe_text
        assert seen[-1].delta.finish_reason == "ERROR"
    else:
        answer = client.chat(**asked(f"my key is {SECRET} "))
        assert (answer.message.content or [])[0].text == BLOCK_ALL.safe_text
        assert answer.finish_reason == "ERROR"
    assert not fake.requests


def test_a_block_in_style_of_an_error_is_typed_and_not_tried_again(
    client: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = ERRORS
    with pytest.raises(cohere.BadRequestError) as caught:
        client.chat(**asked(f"my key is {SECRET} "))
    assert caught.value.body["message"] == ERRORS.safe_text
    fake.says(api.chat(f"the key is {SECRET} "))
    with pytest.raises(cohere.BadRequestError):
        client.chat(**asked())
    assert len(fake.requests) == 1


def test_a_block_in_mid_stream_ends_natively_and_cancels_the_upstream(
    client: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = BLOCK_ALL
    begun = events(api.whole_stream(api.text_frames(["All well. ", f"It is {SECRET} "])), named=True)
    pieces = list(begun.pieces)[:-2]
    fake.says(Answer([*pieces, Gate()], content_type=begun.content_type, framing="chunked"))
    seen = list(client.chat_stream(**asked()))
    assert text_of(seen) == "All well. It is "
    assert [event.type for event in seen[-2:]] == ["content-end", "message-end"]
    assert seen[-1].delta.finish_reason == "ERROR"
    assert seen[-1].delta.error == BLOCK_ALL.safe_text
    assert fake.exchanges[0].wait() == "aborted"
    assert len(fake.requests) == 1


def test_an_upstream_error_arrives_as_it_was(client: Any, fake: FakeCohere) -> None:
    fake.says(document({"message": "too many tokens", "id": "x"}, status=400))
    with pytest.raises(cohere.BadRequestError) as caught:
        client.chat(**asked())
    assert caught.value.body == {"message": "too many tokens", "id": "x"}
    fake.reset()
    fake.says(document({"message": "slow down"}, status=429))
    with pytest.raises(cohere.TooManyRequestsError):
        client.chat(**asked(), request_options={"max_retries": 0})
    assert len(fake.requests) == 1


def test_a_wrong_key_is_the_packages_own_error(
    gateway: LocalGateway, http: httpx.Client, fake: FakeCohere
) -> None:
    stranger = cohere.ClientV2("nobodys-key-nobodys-key-nobody", base_url=gateway.url, httpx_client=http)
    with pytest.raises(cohere.UnauthorizedError) as caught:
        stranger.chat(**asked())
    assert "message" in caught.value.body
    assert not fake.requests


def test_a_stream_that_cannot_be_read_ends_with_an_error(client: Any, fake: FakeCohere) -> None:
    broken = events([{"type": "content-delta", "index": -1, "delta": {}}], named=True)
    fake.says(broken)
    (end,) = list(client.chat_stream(**asked()))
    assert (end.type, end.delta.finish_reason) == ("message-end", "ERROR")


def test_a_client_that_goes_away_ends_the_call(client: Any, fake: FakeCohere) -> None:
    begun = api.stream(["Hello ", "there."])
    fake.says(Answer([*list(begun.pieces)[:3], Gate()], content_type=begun.content_type, framing="chunked"))
    stream = client.chat_stream(**asked())
    assert next(stream).type == "message-start"
    stream.close()
    assert fake.exchanges[0].wait() == "aborted"


def test_a_whole_answer_that_says_a_secret_is_masked(
    client: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = MASK_AND_RESTORE
    citation = {"start": 0, "end": 3, "text": SECRET, "sources": [{"type": "document", "id": "d"}]}
    fake.says(api.chat(f"It is {SECRET} ", citations=[citation]))
    answer = client.chat(**asked())
    assert SECRET not in answer.model_dump_json()
    assert (answer.message.citations or [])[0].text != SECRET


def test_what_holds_no_answer_is_judged_on_the_way_in(
    client: Any, gateway: LocalGateway, fake: FakeCohere
) -> None:
    gateway.policy = MASK_AND_RESTORE
    embedded = client.embed(
        model="embed-v4.0", input_type="search_document", texts=[f"Mail {MAIL}"], embedding_types=["float"]
    )
    assert embedded.embeddings.float_ == [[0.5, -0.25]]
    ranked = client.rerank(model="rerank-v3.5", query="who", documents=["one", f"Mail {MAIL}"])
    assert [result.index for result in ranked.results] == [1, 0]
    assert all(MAIL not in request.text for request in fake.requests)
    gateway.policy = BLOCK_ALL
    with pytest.raises(ApiError) as caught:
        client.rerank(model="rerank-v3.5", query=f"my key is {SECRET} ", documents=["one"])
    assert caught.value.status_code == 400
    assert len(fake.requests) == 2
