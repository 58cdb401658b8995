"""Clients that are no plain httpx: boto3's, and those that send with aiohttp."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.exceptions
import openai
import pytest
from botocore.config import Config

from sluicegate.detection.presets import STRICT
from sluicegate.middleware.outbound.clients import guard_client
from sluicegate.middleware.outbound.over_botocore import guard_boto
from tests.fakes import bedrock_api
from tests.fakes.bedrock_api import ACCESS_KEY, FakeBedrock
from tests.fakes.cuts import per_character
from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.outbound.house import Outbound
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, MODEL, echo, joined, user


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    """The server."""
    with FakeBedrock() as fake:
        yield fake


@contextmanager
def client_of(bedrock: FakeBedrock, house: Outbound) -> Iterator[Any]:
    """A guarded client, guarded twice for good measure."""
    made = boto3.client(
        "bedrock-runtime",
        endpoint_url=bedrock.base_url,
        region_name="eu-west-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 2, "mode": "standard"}),
    )
    yield guard_boto(guard_boto(made, house.guard), house.guard)
    made.close()


def said(text: str) -> Any:
    """A message of a user."""
    return [{"role": "user", "content": [{"text": text}]}]


def test_a_masked_request_is_signed_as_it_is_sent_also_when_it_is_sent_again(
    bedrock: FakeBedrock, house: Outbound
) -> None:
    def script(request: Received) -> Answer:
        if len(bedrock.requests) == 1:
            return bedrock_api.error(503, "ServiceUnavailableException", "Later.")
        return bedrock_api.said(request.body["messages"][0]["content"][0]["text"])

    bedrock.script = script
    with client_of(bedrock, house) as client:
        answer = client.converse(modelId="m", messages=said(f"I am {EMAIL}"))
    assert answer["output"]["message"]["content"][0]["text"] == f"I am {EMAIL}"
    assert len(bedrock.requests) == 2
    assert bedrock.requests[0].raw == bedrock.requests[1].raw
    assert EMAIL not in bedrock.requests[0].text
    assert [entry.status for entry in house.audit.entries] == [503, 200]


def test_a_stream_is_stopped_natively(bedrock: FakeBedrock, house: Outbound) -> None:
    house.policy = STRICT
    bedrock.script = lambda _: bedrock_api.streamed(bedrock_api.texts("It is ", AWS_KEY, " and more."))
    with client_of(bedrock, house) as client:
        events = [*client.converse_stream(modelId="m", messages=said("hi"))["stream"]]
    assert "AKIA" not in str(events)
    assert [event["messageStop"]["stopReason"] for event in events if "messageStop" in event] == [
        "guardrail_intervened"
    ]
    assert house.entry().outcome == "stopped"


def test_a_stream_that_is_left_closes_the_upstream(bedrock: FakeBedrock, house: Outbound) -> None:
    bedrock.script = lambda _: bedrock_api.streamed([*bedrock_api.texts("One ", "two "), Gate()])
    with client_of(bedrock, house) as client:
        stream = client.converse_stream(modelId="m", messages=said("hi"))["stream"]
        next(iter(stream))
        stream.close()
        assert bedrock.exchanges[-1].wait() == "aborted"
    assert house.entry().outcome == "client_gone"


def test_a_model_s_own_body_is_read_in_any_steps(bedrock: FakeBedrock, house: Outbound) -> None:
    body = b'{"content":[{"type":"text","text":"Hello."}],"role":"assistant","type":"message"}'
    bedrock.script = lambda _: Answer([body])
    asked = b'{"anthropic_version":"x","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
    with client_of(bedrock, house) as client:
        answer = client.invoke_model(modelId="anthropic.claude", body=asked)
        assert answer["body"].read(10) + answer["body"].read() == body


def test_what_no_table_knows_is_the_provider_s_own_error(bedrock: FakeBedrock, house: Outbound) -> None:
    with client_of(bedrock, house) as client, pytest.raises(botocore.exceptions.ClientError) as caught:
        client.list_async_invokes()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert not bedrock.requests
    assert house.counts == {"refused_unknown": 1}


def test_an_upstream_that_cannot_be_reached_is_recorded(house: Outbound) -> None:
    with FakeBedrock() as gone:
        assert gone.base_url
    with client_of(gone, house) as client, pytest.raises(botocore.exceptions.EndpointConnectionError):
        client.converse(modelId="m", messages=said("hi"))
    assert {entry.outcome for entry in house.audit.entries} == {"upstream_error"}


async def test_clients_that_send_with_aiohttp_are_guarded_too(fake: FakeOpenAI, house: Outbound) -> None:
    fake.script = lambda request: echo(request, cut=per_character)
    http = guard_client(openai.DefaultAioHttpClient(), house.guard)
    async with openai.AsyncOpenAI(
        base_url=fake.base_url, api_key=UPSTREAM_KEY, http_client=http, max_retries=0
    ) as client:
        question: Any = {"model": MODEL, "messages": [user(f"I am {EMAIL}")], "stream": True}
        chunks = [chunk async for chunk in await client.chat.completions.create(**question)]
        assert joined(chunks) == f"I am {EMAIL}"
        refused = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": INJECTION}]
        )
        assert refused.choices[0].finish_reason == "content_filter"
    assert EMAIL not in fake.last.text
