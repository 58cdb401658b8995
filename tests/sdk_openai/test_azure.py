"""Azure's client: deployments in the path, its own header for the key, its filter's results untouched."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.http_server import Answer, HttpServer, Received
from tests.fakes.replies import buffered_chat, call, say, streamed_chat
from tests.fakes.responses import answered, message
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, only_token
from tests.support.local_gateway import LocalGateway

UPSTREAM_KEY = "azure-key-of-the-operator"
FILTERED = {
    "hate": {"filtered": False, "severity": "safe"},
    "jailbreak": {"filtered": False, "detected": False},
}
DEPLOYMENT = "my-deployment"


class FakeAzure(HttpServer):
    """Answers as a resource of Azure does, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(self._say)
        self.script: Any = None

    def _say(self, got: Received) -> Answer:
        if got.header("api-key") != UPSTREAM_KEY or got.header("authorization"):
            return Answer([b'{"error":{"code":"401","message":"Access denied."}}'], status=401)
        return self.script(got) if self.script else chat(got)


def chat(got: Received, text: str = "Hello there.") -> Answer:
    return (streamed_chat if got.body.get("stream") else buffered_chat)(say(text), got.body)


@pytest.fixture(scope="module")
def azure() -> Iterator[FakeAzure]:
    with FakeAzure() as fake:
        yield fake


@pytest.fixture(scope="module")
def served(azure: FakeAzure) -> Iterator[LocalGateway]:
    spec = UpstreamSpec("azure", "azure", f"http://127.0.0.1:{azure.port}", UPSTREAM_KEY)
    with LocalGateway(spec) as gateway:
        yield gateway


@pytest.fixture
def client(served: LocalGateway, azure: FakeAzure) -> Iterator[openai.AzureOpenAI]:
    azure.exchanges.clear()
    azure.script = None
    with openai.AzureOpenAI(
        api_key=served.key, azure_endpoint=served.url, api_version="2025-04-01-preview", timeout=20
    ) as client:
        yield client


def ask(client: openai.OpenAI, text: str, **more: Any) -> Any:
    messages: Any = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=DEPLOYMENT, messages=messages, **more)


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
def test_a_chat(azure: FakeAzure, client: openai.AzureOpenAI, streamed: bool) -> None:
    azure.script = lambda got: chat(got, f"I write to {only_token(got)}.")
    told = ask(client, f"Write to {EMAIL}", stream=streamed)
    if streamed:
        text = "".join(choice.delta.content or "" for item in told for choice in item.choices)
    else:
        text = told.choices[0].message.content
    assert text == f"I write to {EMAIL}."
    assert EMAIL not in azure.requests[-1].text
    expected = f"/openai/deployments/{DEPLOYMENT}/chat/completions?api-version=2025-04-01-preview"
    assert azure.requests[-1].path == expected


def test_the_filter_s_results_pass(azure: FakeAzure, client: openai.AzureOpenAI) -> None:
    def script(got: Received) -> Answer:
        answer = json.loads(b"".join(bytes(piece) for piece in chat(got).pieces if isinstance(piece, bytes)))
        answer["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": FILTERED}]
        answer["choices"][0]["content_filter_results"] = FILTERED
        return Answer([json.dumps(answer).encode()])

    azure.script = script
    told = ask(client, "hi").to_dict()
    assert told["prompt_filter_results"][0]["content_filter_results"] == FILTERED
    assert told["choices"][0]["content_filter_results"] == FILTERED


def test_azure_s_own_refusal_arrives_as_it_is(azure: FakeAzure, client: openai.AzureOpenAI) -> None:
    error = {
        "message": "The response was filtered.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": FILTERED},
    }
    azure.script = lambda _: Answer([json.dumps({"error": error}).encode()], status=400)
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "hi")
    assert caught.value.body == error
    assert len(azure.requests) == 1


def test_an_attack_never_reaches_azure(azure: FakeAzure, client: openai.AzureOpenAI) -> None:
    told = ask(client, INJECTION)
    assert told.choices[0].finish_reason == "content_filter"
    assert not azure.requests


def test_tools(azure: FakeAzure, client: openai.AzureOpenAI) -> None:
    azure.script = lambda got: buffered_chat(call("keep", json.dumps({"v": AWS_KEY})), got.body)
    told = ask(client, "hi")
    assert AWS_KEY not in told.choices[0].message.tool_calls[0].function.arguments


def test_the_deployment_is_the_model(
    served: LocalGateway, azure: FakeAzure, client: openai.AzureOpenAI
) -> None:
    body = {"messages": [{"role": "user", "content": "hi"}]}
    told = client.post(f"/deployments/{DEPLOYMENT}/chat/completions", body=body, cast_to=object)
    assert told
    assert served.ports.audit.entries[-1].core.model == DEPLOYMENT
    assert "model" not in azure.requests[-1].body


def test_responses(azure: FakeAzure, client: openai.AzureOpenAI) -> None:
    azure.script = lambda got: answered(got.body, message("Hello."))
    assert client.responses.create(model=DEPLOYMENT, input="hi").output_text == "Hello."
    assert azure.requests[-1].path.startswith("/openai/responses?")


@pytest.mark.usefixtures("client")
def test_the_newer_form(served: LocalGateway, azure: FakeAzure) -> None:
    with openai.OpenAI(api_key=served.key, base_url=f"{served.url}/openai/v1", timeout=20) as plain:
        assert ask(plain, "hi").choices[0].message.content == "Hello there."
    assert azure.requests[-1].path == "/openai/v1/chat/completions"


@pytest.mark.usefixtures("client")
def test_an_openai_client_before_azure(served: LocalGateway, azure: FakeAzure) -> None:
    with openai.OpenAI(api_key=served.key, base_url=f"{served.url}/v1", timeout=20) as plain:
        assert ask(plain, "hi").choices[0].message.content == "Hello there."
    assert azure.requests[-1].path == "/openai/v1/chat/completions"
