"""Completions, embeddings and models through the appliance."""

import base64
from typing import Any

import openai
import pytest

from tests.fakes.cuts import per_character
from tests.fakes.openai_api import FakeOpenAI, embedding
from tests.fakes.replies import say
from tests.sdk.gateway import Gateway
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, only_token

OLD_MODEL = "gpt-3.5-turbo-instruct"
EMBEDDER = "text-embedding-3-small"


def complete(client: openai.OpenAI, prompt: Any, **more: Any) -> Any:
    return client.completions.create(**({"model": OLD_MODEL, "prompt": prompt} | more))


def test_a_completion_is_masked_and_restored(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda got: say(got.body["prompt"] + " and more", cut=per_character)
    prompt = f"The key is {AWS_KEY}"
    assert complete(client, prompt).choices[0].text == f"{prompt} and more"
    assert AWS_KEY not in fake.last.text
    chunks = list(complete(client, prompt, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == f"{prompt} and more"
    assert AWS_KEY not in fake.last.text


def test_every_prompt_of_a_list_and_the_suffix_are_read(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    complete(client, ["plain", f"mail {EMAIL}"], suffix=f"and {AWS_KEY}")
    assert fake.last.body["prompt"][0] == "plain"
    assert EMAIL not in fake.last.text
    assert AWS_KEY not in fake.last.text


def test_a_blocked_completion_ends_as_content_filter(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    answer = complete(client, INJECTION)
    assert answer.object == "text_completion"
    assert answer.choices[0].finish_reason == "content_filter"
    chunks = list(complete(client, INJECTION, stream=True))
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert not fake.requests


def test_old_logprobs_never_show_a_masked_text(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda _: say(f"It is {AWS_KEY}.", cut=per_character)
    for streamed in (False, True):
        raw = balanced.post(
            "/completions", {"model": OLD_MODEL, "prompt": "hi", "logprobs": 1, "stream": streamed}
        )
        assert raw.status_code == 200
        assert "AKIA" not in raw.text.replace('","', "").replace('"', "")
        assert "".join(raw.text.split('"text":"')[1:]) != ""


@pytest.mark.parametrize("given", ["one", ["one", "two"]], ids=str)
@pytest.mark.parametrize("how", [{}, {"encoding_format": "float"}, {"dimensions": 8}], ids=str)
def test_embeddings_go_through(client: openai.OpenAI, given: str | list[str], how: dict[str, Any]) -> None:
    answer = client.embeddings.create(model=EMBEDDER, input=given, **how)
    inputs = [given] if isinstance(given, str) else given
    assert [item.embedding for item in answer.data] == [embedding(item) for item in inputs]


def test_a_secret_in_an_embedded_text_is_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    client.embeddings.create(model=EMBEDDER, input=["plain", f"key {AWS_KEY} here"])
    sent = fake.last.body["input"]
    assert sent == ["plain", f"key {only_token(fake.last)} here"]


def test_an_embedded_injection_is_an_error_since_no_vector_can_refuse(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=EMBEDDER, input=INJECTION)
    assert caught.value.code == "content_filter"
    assert not fake.requests


@pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2], [3]]], ids=str)
def test_token_ids_pass_unjudged_and_flagged(fake: FakeOpenAI, balanced: Gateway, given: Any) -> None:
    answer = balanced.post("/embeddings", {"model": EMBEDDER, "input": given})
    assert answer.status_code == 200
    assert answer.headers["x-sluicegate-action"] == "flag"
    assert fake.last.body["input"] == given
    record = balanced.exchange(answer.headers["x-sluicegate-request-id"])
    assert record["prompt"]["receipt"]["unjudged"]


def test_token_ids_are_blocked_under_strict(fake: FakeOpenAI, strict: Gateway) -> None:
    with strict.client() as client, pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=EMBEDDER, input=[1, 2, 3])
    assert caught.value.code == "content_filter"
    assert not fake.requests


def test_base64_vectors_are_not_mistaken_for_text(balanced: Gateway) -> None:
    answer = balanced.post("/embeddings", {"model": EMBEDDER, "input": "one", "encoding_format": "base64"})
    packed = answer.json()["data"][0]["embedding"]
    assert len(base64.b64decode(packed)) == 4 * len(embedding("one"))
    assert answer.headers["x-sluicegate-action"] == "pass"


def test_models(client: openai.OpenAI) -> None:
    assert "gpt-5-mini" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-5-mini").id == "gpt-5-mini"
