"""The official OpenAI client over a guarded HTTP client: no proxy, no server of ours, real sockets."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from sluicegate.detection.presets import STRICT
from sluicegate.detection.types import Action
from sluicegate.middleware.outbound.clients import async_guarded_client, guarded_client
from tests.fakes.cuts import per_character
from tests.fakes.http_server import Answer, Gate
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.fakes.replies import Reply, call, error, say
from tests.outbound.house import Outbound, text_of_stream
from tests.sdk.material import (
    AWS_KEY,
    EMAIL,
    INJECTION,
    MODEL,
    arguments,
    ask,
    content,
    echo,
    finish,
    joined,
    only_token,
    stream,
    user,
)


@pytest.fixture(params=["httpx", "httpx2"])
def client(request: pytest.FixtureRequest, fake: FakeOpenAI, house: Outbound) -> Iterator[openai.OpenAI]:
    """The client over either library."""
    http = guarded_client(guard=house.guard, library=request.param)
    with openai.OpenAI(base_url=fake.base_url, api_key=UPSTREAM_KEY, http_client=http, max_retries=0) as made:
        yield made


def test_a_clean_question_passes_untouched(fake: FakeOpenAI, client: openai.OpenAI, house: Outbound) -> None:
    assert content(ask(client, "hi")) == "Hello there."
    assert fake.last.header("accept-encoding") == "identity"
    entry = house.entry()
    assert (entry.face, entry.outcome, entry.path) == ("outbound", "complete", "/v1/chat/completions")
    assert entry.core.action is Action.PASS
    assert entry.core.model == MODEL
    assert entry.upstream.startswith("127.0.0.1:")


def test_an_attack_never_leaves_and_is_refused_natively(
    fake: FakeOpenAI, client: openai.OpenAI, house: Outbound
) -> None:
    answer = ask(client, INJECTION)
    assert answer.choices[0].finish_reason == "content_filter"
    assert finish(stream(client, INJECTION)) == ["content_filter"]
    assert not fake.requests
    assert [entry.outcome for entry in house.audit.entries] == ["refused", "refused"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_value_is_masked_on_its_way_out_and_restored_on_its_way_back(
    fake: FakeOpenAI, client: openai.OpenAI, streamed: bool
) -> None:
    fake.script = lambda request: echo(request, cut=per_character)
    text = f"Write to {EMAIL} soon."
    answer = joined(stream(client, text)) if streamed else content(ask(client, text))
    assert answer == text
    assert EMAIL not in fake.last.text
    assert only_token(fake.last)


def test_tool_arguments_are_masked_and_stay_json(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: call("save", '{"note":"Take ' + AWS_KEY + ' now."}', cut=per_character)
    told = [
        ask(client, "hi").choices[0].message.tool_calls[0].function.arguments,
        arguments(stream(client, "hi")),
    ]
    for text in told:
        assert "AKIA" not in text
        assert text.startswith('{"note":"Take ')


def test_a_stream_is_stopped_natively_in_its_middle(fake: FakeOpenAI, house: Outbound) -> None:
    house.policy = STRICT
    gate = Gate()
    fake.script = lambda _: Reply(
        say(f"It is {AWS_KEY} and more.").choices, cut=per_character, gate=gate, gate_after=40
    )
    http = guarded_client(guard=house.guard)
    with openai.OpenAI(
        base_url=fake.base_url, api_key=UPSTREAM_KEY, http_client=http, max_retries=0
    ) as client:
        chunks = stream(client, "hi")
    assert finish(chunks) == ["content_filter"]
    assert "AKIA" not in joined(chunks)
    assert fake.exchanges[-1].wait() == "aborted"
    assert house.entry().outcome == "stopped"


def test_what_may_leave_leaves_before_the_stream_ends(
    fake: FakeOpenAI, client: openai.OpenAI, house: Outbound
) -> None:
    gate = Gate()
    fake.script = lambda _: Reply(say("one two three").choices, gate=gate, gate_after=3)
    chunks = iter(ask(client, "hi", stream=True))
    seen = [next(chunks), next(chunks)]
    assert text_of_stream(seen).startswith("one")
    assert [entry.outcome for entry in house.audit.opens] == ["open"]
    assert not house.audit.entries
    gate.open()
    assert text_of_stream([*seen, *chunks]) == "one two three"
    assert house.entry().outcome == "complete"


def test_a_stream_that_is_left_closes_the_upstream(
    fake: FakeOpenAI, client: openai.OpenAI, house: Outbound
) -> None:
    fake.script = lambda _: Reply(say("one two three").choices, gate=Gate(), gate_after=2)
    answer = ask(client, "hi", stream=True)
    next(iter(answer))
    answer.close()
    assert fake.exchanges[-1].wait() == "aborted"
    assert house.entry().outcome == "client_gone"


def test_an_error_of_the_provider_is_its_typed_error(
    fake: FakeOpenAI, client: openai.OpenAI, house: Outbound
) -> None:
    fake.script = lambda _: error(429, "rate_limit_exceeded", "Slow down.", retry_after="1")
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, "hi")
    assert caught.value.response.headers["retry-after"] == "1"
    assert house.entry().status == 429


def test_a_provider_that_breaks_off_is_an_error_of_the_connection(
    fake: FakeOpenAI, client: openai.OpenAI, house: Outbound
) -> None:
    fake.script = lambda _: Answer([b'{"half'], framing="unfinished")
    with pytest.raises(openai.APIConnectionError):
        ask(client, "hi")
    assert house.entry().outcome == "upstream_error"


async def test_the_asynchronous_client_goes_the_same_way(fake: FakeOpenAI, house: Outbound) -> None:
    fake.script = lambda request: echo(request, cut=per_character)
    text = f"Write to {EMAIL} soon."
    for library in ("httpx", "httpx2"):
        http: Any = async_guarded_client(guard=house.guard, library=library)
        async with openai.AsyncOpenAI(
            base_url=fake.base_url, api_key=UPSTREAM_KEY, http_client=http, max_retries=0
        ) as client:
            question: Any = {"model": MODEL, "messages": [user(text)]}
            assert content(await client.chat.completions.create(**question)) == text
            chunks = [chunk async for chunk in await client.chat.completions.create(**question, stream=True)]
            assert joined(chunks) == text
            refused = await client.chat.completions.create(**question | {"messages": [user(INJECTION)]})
            assert refused.choices[0].finish_reason == "content_filter"
    assert EMAIL not in "".join(item.text for item in fake.requests)


async def test_a_cancelled_call_closes_the_upstream(fake: FakeOpenAI, house: Outbound) -> None:
    gate = Gate()
    fake.script = lambda _: Answer([b'{"half', gate], framing="chunked")
    http = async_guarded_client(guard=house.guard)
    async with openai.AsyncOpenAI(
        base_url=fake.base_url, api_key=UPSTREAM_KEY, http_client=http, max_retries=0
    ) as client:
        question: Any = {"model": MODEL, "messages": [user("hi")]}
        task = asyncio.create_task(client.chat.completions.create(**question))
        await asyncio.to_thread(gate.reached.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert fake.exchanges[-1].wait() == "aborted"
    assert house.entry().outcome == "client_gone"
