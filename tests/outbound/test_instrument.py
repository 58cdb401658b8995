"""Every SDK that can be instrumented, over real sockets: what it sends and gets is guarded."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any

import anthropic
import boto3
import cohere
import httpx
import ollama
import openai
import pytest
from google import genai
from google.genai import types
from mistralai.client import Mistral

from sluicegate.middleware.outbound.clients import guard_client
from sluicegate.middleware.outbound.instrument import BOTO3, SDKS, instrument, uninstrument
from tests.fakes.anthropic_api import FakeAnthropic
from tests.fakes.bedrock_api import ACCESS_KEY, FakeBedrock
from tests.fakes.cohere_api import FakeCohere
from tests.fakes.gemini_api import UPSTREAM_KEY as GEMINI_KEY
from tests.fakes.gemini_api import FakeGemini
from tests.fakes.mistral_api import FakeMistral
from tests.fakes.ollama_api import FakeOllama
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.fakes.scripted_api import KEY
from tests.outbound.house import Outbound
from tests.sdk.material import EMAIL, INJECTION

_KEYED = {"x-api-key": KEY}
"""The server reads this field; to other hosts than Anthropic's the SDK sends a bearer token."""

type Ask = Callable[[str, str], str]
"""From a base URL and a question to what the model says."""
type AskLater = Callable[[str, str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Sdk:
    """One SDK: its server, and how it asks - whole, streamed, and in an event loop."""

    server: Callable[[], AbstractContextManager[Any]]
    whole: Ask
    streamed: Ask
    later: AskLater
    dialect: str


def _question(text: str) -> Any:
    return [{"role": "user", "content": text}]


def _openai(url: str, text: str) -> str:
    with openai.OpenAI(base_url=url, api_key=UPSTREAM_KEY, max_retries=0) as client:
        said = client.chat.completions.create(model="m", messages=_question(text)).choices[0].message
        return said.content or said.refusal or ""


def _openai_streamed(url: str, text: str) -> str:
    with openai.OpenAI(base_url=url, api_key=UPSTREAM_KEY, max_retries=0) as client:
        chunks = client.chat.completions.create(model="m", messages=_question(text), stream=True)
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
        return "".join(delta.content or delta.refusal or "" for delta in deltas)


async def _openai_later(url: str, text: str) -> str:
    async with openai.AsyncOpenAI(base_url=url, api_key=UPSTREAM_KEY, max_retries=0) as client:
        said = await client.chat.completions.create(model="m", messages=_question(text))
        return said.choices[0].message.content or said.choices[0].message.refusal or ""


def _of_claude(said: Any) -> str:
    return "".join(block.text for block in said.content)


def _anthropic(url: str, text: str) -> str:
    with anthropic.Anthropic(base_url=url, api_key=KEY, default_headers=_KEYED, max_retries=0) as client:
        return _of_claude(client.messages.create(model="c", max_tokens=9, messages=_question(text)))


def _anthropic_streamed(url: str, text: str) -> str:
    with (
        anthropic.Anthropic(base_url=url, api_key=KEY, default_headers=_KEYED, max_retries=0) as client,
        client.messages.stream(model="c", max_tokens=9, messages=_question(text)) as stream,
    ):
        return "".join(stream.text_stream)


async def _anthropic_later(url: str, text: str) -> str:
    async with anthropic.AsyncAnthropic(
        base_url=url, api_key=KEY, default_headers=_KEYED, max_retries=0
    ) as client:
        return _of_claude(await client.messages.create(model="c", max_tokens=9, messages=_question(text)))


def _google(url: str) -> genai.Client:
    return genai.Client(api_key=GEMINI_KEY, http_options=types.HttpOptions(base_url=url))


def _of_gemini(said: Any) -> str:
    return said.text or str(said.prompt_feedback)


def _gemini(url: str, text: str) -> str:
    with _google(url) as client:
        return _of_gemini(client.models.generate_content(model="gemini-2.5-pro", contents=text))


def _gemini_streamed(url: str, text: str) -> str:
    with _google(url) as client:
        told = client.models.generate_content_stream(model="gemini-2.5-pro", contents=text)
        return "".join(map(_of_gemini, told)).removesuffix("None")


async def _gemini_later(url: str, text: str) -> str:
    async with _google(url).aio as client:
        return _of_gemini(await client.models.generate_content(model="gemini-2.5-pro", contents=text))


def _mistral(url: str, text: str) -> str:
    with Mistral(api_key=KEY, server_url=url) as client:
        return str(client.chat.complete(model="m", messages=_question(text)).choices[0].message.content)


def _mistral_streamed(url: str, text: str) -> str:
    with Mistral(api_key=KEY, server_url=url) as client:
        told = client.chat.stream(model="m", messages=_question(text))
        return "".join(str(event.data.choices[0].delta.content or "") for event in told)


async def _mistral_later(url: str, text: str) -> str:
    async with Mistral(api_key=KEY, server_url=url) as client:
        said = await client.chat.complete_async(model="m", messages=_question(text))
        return str(said.choices[0].message.content)


def _of_command(said: Any) -> str:
    return "".join(part.text for part in said.message.content)


def _cohere(url: str, text: str) -> str:
    with cohere.ClientV2(KEY, base_url=url) as client:
        return _of_command(client.chat(model="c", messages=_question(text)))


def _cohere_streamed(url: str, text: str) -> str:
    with cohere.ClientV2(KEY, base_url=url) as client:
        told = client.chat_stream(model="c", messages=_question(text))
        kinds = ("content-start", "content-delta")
        return "".join(event.delta.message.content.text or "" for event in told if event.type in kinds)


async def _cohere_later(url: str, text: str) -> str:
    async with cohere.AsyncClientV2(KEY, base_url=url) as client:
        return _of_command(await client.chat(model="c", messages=_question(text)))


def _ollama(url: str, text: str) -> str:
    with ollama.Client(host=url) as client:
        return str(client.chat(model="l", messages=_question(text)).message.content)


def _ollama_streamed(url: str, text: str) -> str:
    with ollama.Client(host=url) as client:
        told = client.chat(model="l", messages=_question(text), stream=True)
        return "".join(part.message.content or "" for part in told)


async def _ollama_later(url: str, text: str) -> str:
    async with ollama.AsyncClient(host=url) as client:
        said = await client.chat(model="l", messages=_question(text))
        return str(said.message.content)


def _bedrock(url: str) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key="secret",
    )


def _converse(url: str, text: str) -> str:
    with closing(_bedrock(url)) as client:
        said = client.converse(modelId="m", messages=[{"role": "user", "content": [{"text": text}]}])
    return "".join(part["text"] for part in said["output"]["message"]["content"])


def _converse_streamed(url: str, text: str) -> str:
    messages = [{"role": "user", "content": [{"text": text}]}]
    with closing(_bedrock(url)) as client:
        with closing(client.converse_stream(modelId="m", messages=messages)["stream"]) as told:
            deltas = [event["contentBlockDelta"]["delta"] for event in told if "contentBlockDelta" in event]
        return "".join(delta["text"] for delta in deltas)


async def _converse_later(url: str, text: str) -> str:
    return await asyncio.to_thread(_converse, url, text)


ALL = {
    "boto3": Sdk(FakeBedrock, _converse, _converse_streamed, _converse_later, "bedrock_converse"),
    "openai": Sdk(FakeOpenAI, _openai, _openai_streamed, _openai_later, "openai_chat"),
    "anthropic": Sdk(FakeAnthropic, _anthropic, _anthropic_streamed, _anthropic_later, "anthropic"),
    "google.genai": Sdk(FakeGemini, _gemini, _gemini_streamed, _gemini_later, "gemini"),
    "mistralai": Sdk(FakeMistral, _mistral, _mistral_streamed, _mistral_later, "openai_chat"),
    "cohere": Sdk(FakeCohere, _cohere, _cohere_streamed, _cohere_later, "cohere_chat"),
    "ollama": Sdk(FakeOllama, _ollama, _ollama_streamed, _ollama_later, "ollama_chat"),
}


@pytest.fixture(params=ALL)
def name(request: pytest.FixtureRequest) -> str:
    """The SDK."""
    return str(request.param)


@pytest.fixture
def instrumented(house: Outbound, name: str) -> Iterator[Sdk]:
    """The SDK, while its clients are guarded."""
    assert instrument(guard=house.guard, sdks=[name]) is house.guard
    yield ALL[name]
    uninstrument()


def test_an_instrumented_sdk_is_guarded(instrumented: Sdk, house: Outbound) -> None:
    with instrumented.server() as server:
        url = server.base_url
        for ask in (instrumented.whole, instrumented.streamed):
            assert ask(url, f"I am {EMAIL}") == "Hello there."
            assert "content policy" in ask(url, INJECTION).lower() or "PROHIBITED" in ask(url, INJECTION)
        assert asyncio.run(_awaited(instrumented.later(url, f"I am {EMAIL}"))) == "Hello there."
        assert len(server.requests) == 3
        assert all(EMAIL not in request.text for request in server.requests)
    entries = house.audit.entries
    assert {entry.core.dialect for entry in entries} == {instrumented.dialect}
    assert {entry.outcome for entry in entries} == {"complete", "refused"}


def test_behind_uninstrument_an_sdk_is_as_it_was(name: str, house: Outbound) -> None:
    sdk = ALL[name]
    instrument(guard=house.guard, sdks=[name])
    uninstrument()
    with sdk.server() as server:
        assert sdk.whole(server.base_url, f"I am {EMAIL}") == "Hello there."
        assert EMAIL in server.requests[-1].text
    assert not house.audit.entries


def test_all_sdks_are_tried() -> None:
    assert ALL.keys() == {*SDKS, BOTO3}


def test_a_name_that_nobody_knows_is_an_error(house: Outbound) -> None:
    with pytest.raises(ValueError, match="known SDKs are openai"):
        instrument(guard=house.guard, sdks=["nobody"])
    with pytest.raises(TypeError, match="httpx or httpx2"):
        guard_client(object(), house.guard)


def test_a_client_is_guarded_once_also_on_its_way_through_a_proxy(house: Outbound) -> None:
    with httpx.Client(proxy="http://127.0.0.1:9") as client:
        guard_client(guard_client(client, house.guard), house.guard)
        transport: Any = client._transport_for_url(httpx.URL("http://llm.example"))
        assert transport._guard is house.guard
        assert isinstance(transport._inner, httpx.HTTPTransport)


async def _awaited(said: Awaitable[str]) -> str:
    return await said
