"""The three presets: monitor changes nothing, balanced protects, strict refuses early."""

from typing import Any

import openai
import pytest

from tests.fakes.cuts import per_character
from tests.fakes.http_server import Gate
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import Choice, Reply, say
from tests.sdk.gateway import Gateway
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, MODEL, ask, content, joined, stream, tokens, user

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

MEDIA: dict[str, dict[str, Any]] = {
    "inline image": {"type": "image_url", "image_url": {"url": PIXEL}},
    "linked image": {"type": "image_url", "image_url": {"url": "https://pictures.example/cat.png"}},
    "audio": {"type": "input_audio", "input_audio": {"data": "UklGRiQAAABXQVZF", "format": "wav"}},
    "file": {
        "type": "file",
        "file": {"file_data": "data:application/pdf;base64,JVBERi0xLjcK", "filename": "a"},
    },
    "file by id": {"type": "file", "file": {"file_id": "file-abc123"}},
    "inline video": {"type": "video_url", "video_url": {"url": "data:video/mp4;base64," + "AAAA" * 40}},
    "a part nobody knows": {"type": "hologram", "hologram": {"blob": "iVBORw0KGgoAAAAN" * 40}},
}


def with_media(kind: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": "What is this?"}, MEDIA[kind]]}


def question(text: str) -> dict[str, Any]:
    return {"model": MODEL, "messages": [user(text)]}


@pytest.mark.parametrize("text", [f"{AWS_KEY} {EMAIL}", INJECTION], ids=["data", "attack"])
def test_monitor_changes_nothing_but_the_record(fake: FakeOpenAI, monitor: Gateway, text: str) -> None:
    fake.script = lambda got: say(f"{got.body['messages'][0]['content']} / {AWS_KEY}", cut=per_character)
    with monitor.client() as client:
        assert content(ask(client, text)) == f"{text} / {AWS_KEY}"
        assert joined(stream(client, text)) == f"{text} / {AWS_KEY}"
    answer = monitor.post("/chat/completions", question(text))
    assert answer.headers["x-sluicegate-action"] == "flag"
    assert fake.last.body == question(text)
    record = monitor.exchange(answer.headers["x-sluicegate-request-id"])
    assert record["prompt"]["findings"]
    assert record["answer"]["findings"]


def test_strict_blocks_a_secret_in_a_prompt(fake: FakeOpenAI, strict: Gateway) -> None:
    with strict.client() as client:
        assert ask(client, f"My key is {AWS_KEY}").choices[0].finish_reason == "content_filter"
        assert stream(client, f"My key is {AWS_KEY}")[-1].choices[0].finish_reason == "content_filter"
    assert not fake.requests


def test_strict_masks_personal_data(fake: FakeOpenAI, strict: Gateway) -> None:
    fake.script = lambda got: say(f"Hello {tokens(got)[0]}")
    with strict.client() as client:
        assert content(ask(client, f"I am {EMAIL}")) == f"Hello {EMAIL}"
    assert EMAIL not in fake.last.text


def test_strict_stops_a_stream_at_a_secret(fake: FakeOpenAI, strict: Gateway) -> None:
    fake.script = lambda _: say(f"The root key is {AWS_KEY}; keep it and more", cut=per_character)
    with strict.client() as client:
        chunks = stream(client, "hi")
        assert joined(chunks).startswith("The root key is")
        assert "AKIA" not in joined(chunks)
        assert "keep it" not in joined(chunks)
        assert chunks[-1].choices[0].finish_reason == "content_filter"
        assert ask(client, "hi").choices[0].finish_reason == "content_filter"


def test_a_stop_in_mid_stream_stops_every_choice_and_the_upstream(fake: FakeOpenAI, strict: Gateway) -> None:
    gate = Gate()
    fake.script = lambda _: Reply(
        (Choice("fine words go on"), Choice(f"{AWS_KEY} leaks")), gate=gate, gate_after=6
    )
    with strict.client() as client:
        chunks = stream(client, "hi", n=2)
    reasons = {choice.index: choice.finish_reason for chunk in chunks for choice in chunk.choices}
    assert reasons == {0: "content_filter", 1: "content_filter"}
    assert fake.exchanges[-1].wait() == "aborted"


@pytest.mark.parametrize("kind", MEDIA)
def test_media_pass_and_are_flagged_under_balanced(fake: FakeOpenAI, balanced: Gateway, kind: str) -> None:
    body = {"model": MODEL, "messages": [with_media(kind)]}
    answer = balanced.post("/chat/completions", body)
    assert answer.status_code == 200
    assert answer.headers["x-sluicegate-action"] == "flag"
    assert fake.last.body == body
    record = balanced.exchange(answer.headers["x-sluicegate-request-id"])
    pointers = [item["pointer"] for item in record["prompt"]["receipt"]["unjudged"]]
    assert pointers
    assert all(pointer.startswith("/messages/0/content/1") for pointer in pointers)


@pytest.mark.parametrize("kind", MEDIA)
def test_media_are_blocked_under_strict(fake: FakeOpenAI, strict: Gateway, kind: str) -> None:
    with strict.client() as client:
        assert ask(client, with_media(kind)).choices[0].finish_reason == "content_filter"
    assert not fake.requests


def test_each_policy_has_its_own_digest(balanced: Gateway, strict: Gateway, monitor: Gateway) -> None:
    digests = {
        gateway.post("/chat/completions", question("hi")).headers["x-sluicegate-policy"]
        for gateway in (balanced, strict, monitor)
    }
    assert len(digests) == 3
    assert all(len(digest) == 16 for digest in digests)


def test_the_balanced_image_part_reaches_the_sdk_user(client: openai.OpenAI) -> None:
    assert content(ask(client, with_media("inline image"))) == "Hello there."
