"""Turns that the provider remembers: values are restored though the request does not bring them along."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from sluicegate.detection.core import build_inspector
from sluicegate.detection.testing import SOMEBODY, FakeClock, MemoryKeys
from sluicegate.detection.types import Principal
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.memory_vault import MemoryVault
from tests.fakes.http_server import Answer, Received
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.fakes.responses import answered, message, response
from tests.middleware.client import KEY
from tests.sdk.material import EMAIL, only_token
from tests.support.local_gateway import LocalGateway

MODEL = "gpt-5-mini"
OTHER_KEY = "another-application-s-key-0123456789"
OTHER = Principal(SOMEBODY.tenant_id, "another-app", "another", "key-9")
BOTH_WAYS = pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])


@pytest.fixture(scope="module")
def remembering(upstream: FakeOpenAI) -> Iterator[LocalGateway]:
    """A gateway that keeps placeholders for later turns, with two applications."""
    inspector = build_inspector(b"k" * 32, vaults=MemoryVault(b"v" * 32, FakeClock()))
    keys = MemoryKeys({KEY: SOMEBODY, OTHER_KEY: OTHER})
    spec = UpstreamSpec("openai", "openai", upstream.base_url, UPSTREAM_KEY)
    with LocalGateway(spec, inspector=inspector, keys=keys) as gateway:
        yield gateway


@pytest.fixture
def client(remembering: LocalGateway, fake: FakeOpenAI) -> Iterator[openai.OpenAI]:
    """The official client of the first application."""
    assert not fake.requests
    with openai.OpenAI(api_key=KEY, base_url=f"{remembering.url}/v1", timeout=20) as client:
        yield client


class Provider:
    """A provider that keeps what was said: it knows the placeholder of the first turn for good."""

    def __init__(self) -> None:
        self.token = ""
        self.turns = 0

    def __call__(self, got: Received) -> Answer:
        if not got.raw:
            return answered({}, message(f"Kept: {self.token}."))
        body = got.body
        if not self.token:
            self.token = only_token(got)
        self.turns += 1
        told = answered(body, message(f"Write to {self.token}."))
        return _renamed(told, f"resp_{self.turns}")


def _renamed(answer: Answer, name: str) -> Answer:
    pieces = [
        piece.replace(b"resp_0001scripted", name.encode()) if isinstance(piece, bytes) else piece
        for piece in answer.pieces
    ]
    return Answer(pieces, content_type=answer.content_type, framing=answer.framing)


def ask(client: openai.OpenAI, streamed: bool, text: str, **more: Any) -> tuple[str, str]:
    """One turn: the text of its answer and its name."""
    if streamed:
        with client.responses.stream(model=MODEL, input=text, **more) as stream:
            told = stream.get_final_response()
            return told.output_text, told.id
    answer = client.responses.create(model=MODEL, input=text, **more)
    return answer.output_text, answer.id


@BOTH_WAYS
def test_a_value_of_an_earlier_turn_is_restored(
    fake: FakeOpenAI, client: openai.OpenAI, streamed: bool
) -> None:
    fake.script = Provider()
    text, name = ask(client, streamed, f"I am {EMAIL}")
    assert text == f"Write to {EMAIL}."
    for _ in range(2):
        text, name = ask(client, streamed, "Who am I?", previous_response_id=name)
        assert text == f"Write to {EMAIL}."
        assert EMAIL not in fake.last.text


@BOTH_WAYS
def test_a_stranger_s_turn_restores_nothing(
    fake: FakeOpenAI, client: openai.OpenAI, remembering: LocalGateway, streamed: bool
) -> None:
    provider = fake.script = Provider()
    _, name = ask(client, streamed, f"I am {EMAIL}")
    with openai.OpenAI(api_key=OTHER_KEY, base_url=f"{remembering.url}/v1", timeout=20) as stranger:
        text, _ = ask(stranger, streamed, "Who am I?", previous_response_id=name)
    assert text == f"Write to {provider.token}."


def test_without_a_history_nothing_is_restored(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    provider = fake.script = Provider()
    ask(client, False, f"I am {EMAIL}")
    text, _ = ask(client, False, "Who am I?")
    assert text == f"Write to {provider.token}."


def test_a_response_that_is_read_again(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    provider = Provider()
    fake.script = provider
    _, name = ask(client, False, f"I am {EMAIL}")
    assert client.responses.retrieve(name).output_text == f"Kept: {EMAIL}."
    assert fake.last.path == f"/v1/responses/{name}"


def test_a_conversation(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    kept: list[str] = []

    def script(got: Received) -> Answer:
        if got.path == "/v1/conversations":
            kept.append(only_token(got))
            return Answer([b'{"id":"conv_1","object":"conversation","created_at":1,"metadata":{}}'])
        told = response(got.body, [message(f"You are {kept[0]}.")], conversation={"id": "conv_1"})
        return Answer([json.dumps(told).encode()])

    fake.script = script
    items: Any = [{"type": "message", "role": "user", "content": f"I am {EMAIL}"}]
    conversation = client.conversations.create(items=items)
    assert EMAIL not in fake.last.text
    text, _ = ask(client, False, "Who am I?", conversation=conversation.id)
    assert text == f"You are {EMAIL}."
