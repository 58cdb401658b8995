"""Pictures, sounds, files and batches through the official client."""

import base64
import io
import json
from typing import Any

import openai
import pytest

from sluicegate.detection.presets import STRICT
from tests.fakes.http_server import Answer, Received
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.responses import sse
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, TOKEN
from tests.support.local_gateway import LocalGateway

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PACKED = base64.b64encode(PICTURE).decode()
FILE = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "batch"}


def doc(value: Any) -> Answer:
    return Answer([json.dumps(value).encode()])


def pictures(_: Received) -> Answer:
    return doc({"created": 1, "data": [{"b64_json": PACKED, "revised_prompt": f"A key {AWS_KEY}"}]})


def test_a_picture(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = pictures
    told = client.images.generate(model="gpt-image-1", prompt=f"Draw {EMAIL}")
    assert EMAIL not in fake.last.text
    assert TOKEN.search(fake.last.body["prompt"])
    assert told.data
    assert told.data[0].b64_json == PACKED
    assert AWS_KEY not in (told.data[0].revised_prompt or "")


def test_an_attack_is_no_prompt_of_a_picture(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-1", prompt=INJECTION)
    assert caught.value.code == "content_filter"
    with pytest.raises(openai.BadRequestError):
        client.images.edit(model="gpt-image-1", image=PICTURE, prompt=INJECTION)
    assert not fake.requests


def test_a_picture_that_is_edited(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = pictures
    client.images.edit(model="gpt-image-1", image=("a.png", PICTURE, "image/png"), prompt=f"Add {EMAIL}")
    assert PICTURE in fake.last.raw
    assert EMAIL.encode() not in fake.last.raw
    assert TOKEN.search(fake.last.raw.decode("latin-1"))


def test_what_nobody_can_see_is_the_policy_s_to_refuse(
    fake: FakeOpenAI, gateway: LocalGateway, client: openai.OpenAI
) -> None:
    gateway.policy = STRICT
    with pytest.raises(openai.BadRequestError):
        client.images.edit(model="gpt-image-1", image=PICTURE, prompt="Add a cat")
    assert not fake.requests


def test_a_streamed_picture(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    events: list[dict[str, Any]] = [
        {"type": "image_generation.partial_image", "b64_json": PACKED, "partial_image_index": 0},
        {"type": "image_generation.completed", "b64_json": PACKED, "usage": {"total_tokens": 3}},
    ]
    fake.script = lambda _: sse(events)
    told = list(client.images.generate(model="gpt-image-1", prompt="a cat", stream=True))
    assert [item.type for item in told] == [item["type"] for item in events]
    assert all(item.b64_json == PACKED for item in told)


def test_speech(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: Answer([PICTURE], content_type="audio/mpeg")
    told = client.audio.speech.create(model="tts-1", voice="alloy", input=f"Call {EMAIL}")
    assert told.read() == PICTURE
    assert EMAIL not in fake.last.text


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_transcript(fake: FakeOpenAI, client: openai.OpenAI, form: Any) -> None:
    said = f"The key is {AWS_KEY}, all of it."
    whole = Answer([said.encode()], content_type="text/plain; charset=utf-8")
    fake.script = lambda _: doc({"text": said}) if form == "json" else whole
    told: Any = client.audio.transcriptions.create(
        model="whisper-1",
        file=("a.wav", PICTURE, "audio/wav"),
        prompt=f"Names: {EMAIL}",
        response_format=form,
    )
    text = told if form == "text" else told.text
    assert text.startswith("The key is [")
    assert AWS_KEY not in text
    assert EMAIL.encode() not in fake.last.raw
    assert PICTURE in fake.last.raw


def test_a_streamed_transcript(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    said = f"The key is {AWS_KEY}, all of it."
    events: list[dict[str, Any]] = [{"type": "transcript.text.delta", "delta": letter} for letter in said]
    events.append({"type": "transcript.text.done", "text": said})
    fake.script = lambda _: sse(events)
    told = list(
        client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("a.wav", PICTURE), stream=True)
    )
    text = "".join(item.delta for item in told if item.type == "transcript.text.delta")
    assert AWS_KEY not in text
    last = told[-1]
    assert last.type == "transcript.text.done"
    assert last.text == text


def line(url: str = "/v1/chat/completions", **body: Any) -> bytes:
    body = body or {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    return json.dumps({"custom_id": "1", "method": "POST", "url": url, "body": body}).encode() + b"\n"


def upload(client: openai.OpenAI, content: bytes, purpose: Any = "batch") -> Any:
    return client.files.create(file=("a.jsonl", io.BytesIO(content)), purpose=purpose)


def sent(fake: FakeOpenAI) -> bytes:
    """The file that the upstream got."""
    return fake.last.raw.split(b"\r\n\r\n")[-1].rpartition(b"\r\n--")[0]


def test_a_clean_batch_passes_byte_for_byte(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: doc(FILE)
    content = line() + b"\n" + line("/v1/responses", model="m", input=[{"role": "user", "content": "x"}])
    assert upload(client, content).id == "file-1"
    assert sent(fake) == content


def test_the_requests_of_a_batch_are_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: doc(FILE)
    escaped = EMAIL.replace("@", "\\u0040").encode()
    said = line(model="m", messages=[{"role": "user", "content": f"I am {EMAIL}"}])
    content = (
        line() + said.replace(EMAIL.encode(), escaped) * 3 + line("/v1/responses", model="m", input=EMAIL)
    )
    upload(client, content)
    lines = sent(fake).splitlines()
    assert [json.loads(item)["custom_id"] for item in lines] == ["1"] * 5
    assert lines[0] + b"\n" == line()
    asked = [json.loads(item)["body"] for item in lines[1:]]
    texts = [body["messages"][0]["content"] for body in asked[:3]] + [asked[3]["input"]]
    assert all(TOKEN.search(text) and EMAIL not in text for text in texts)


BAD_LINES = {
    "an attack": line(model="m", messages=[{"role": "user", "content": INJECTION}]),
    "an attack in a result": line(
        "/v1/responses",
        model="m",
        input=[{"type": "function_call_output", "call_id": "c", "output": INJECTION}],
    ),
    "an unknown url": line("/v1/videos", model="m", prompt="x"),
    "a bad request": line(model="m", messages="x"),
    "a repeated key": b'{"url":"/v1/responses","body":{"model":"m","input":"a","input":"b"}}\n',
    "an attack behind another line end": line().strip()
    + b"\r"
    + line(model="m", messages=[{"role": "user", "content": INJECTION}]),
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES)
def test_one_bad_line_refuses_the_batch(fake: FakeOpenAI, client: openai.OpenAI, bad: bytes) -> None:
    with pytest.raises(openai.BadRequestError):
        upload(client, line() * 20 + bad + line())
    assert not fake.requests


def test_a_text_is_read_whatever_it_is_for(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: doc(FILE)
    upload(client, f"Dear all,\nwrite to {EMAIL}.\n".encode(), "assistants")
    assert EMAIL.encode() not in sent(fake)
    with pytest.raises(openai.BadRequestError):
        upload(client, b"words and words\n" * 9000 + INJECTION.encode(), "assistants")
    assert len(fake.requests) == 1


def test_a_file_that_is_no_text_is_listed(
    fake: FakeOpenAI, gateway: LocalGateway, client: openai.OpenAI
) -> None:
    fake.script = lambda _: doc(FILE)
    upload(client, PICTURE, "vision")
    assert sent(fake) == PICTURE
    receipt = gateway.ports.audit.entries[-1].core.prompt.receipt
    assert [item.reason for item in receipt.unjudged] == ["file"]


def test_what_a_batch_came_to_is_judged(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    told = {"choices": [{"index": 0, "message": {"role": "assistant", "content": f"Key {AWS_KEY}"}}]}
    lines = [{"custom_id": "1", "response": {"status_code": 200, "body": told}, "error": None}] * 2
    fake.script = lambda _: Answer(
        [b"".join(json.dumps(item).encode() + b"\n" for item in lines)],
        content_type="application/octet-stream",
    )
    content = client.files.content("file-2").text
    assert AWS_KEY not in content
    assert len(content.splitlines()) == 2
    assert json.loads(content.splitlines()[1])["custom_id"] == "1"


def test_a_batch_is_made_and_asked_about(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    batch = {"id": "batch_1", "object": "batch", "status": "in_progress", "input_file_id": "file-1"}
    fake.script = lambda _: doc(batch)
    made = client.batches.create(
        input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h"
    )
    assert client.batches.retrieve(made.id).status == "in_progress"
    assert client.batches.cancel(made.id).id == "batch_1"
    assert [got.path for got in fake.requests] == [
        "/v1/batches",
        "/v1/batches/batch_1",
        "/v1/batches/batch_1/cancel",
    ]


def test_a_file_is_deleted(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: doc({"id": "file-1", "object": "file", "deleted": True})
    assert client.files.delete("file-1").deleted


def test_nobody_lists_what_others_keep(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.files.list()
    assert caught.value.status_code == 405
    assert not fake.requests
