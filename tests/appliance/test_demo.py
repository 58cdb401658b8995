"""The demo upstream speaks the OpenAI API, says what it is, and shows what it received."""

import base64
import json
import struct
from typing import Any

import pytest
from openai.types import Completion, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.model import Model

from sluicegate.appliance.demo import ALONE, BESIDE, DemoUpstream
from sluicegate.appliance.demo_completions import explain
from sluicegate.gateway.upstream.base import Upstream, UpstreamRequest
from tests.gateway.answers import whole

CHAT, TEXT, EMBED = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
PLACEHOLDER = "SgxEmaildB0xyaYSYAl0RQHFz"


async def send(path: str, body: object = None, method: str = "POST") -> tuple[int, bytes]:
    upstream: Upstream = DemoUpstream()
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    answer = await upstream.send(UpstreamRequest(method, path.encode(), [], raw))
    return answer.status, await whole(answer)


async def ask(path: str, **body: Any) -> Any:
    status, raw = await send(path, {"model": "demo", **body})
    assert status == 200
    return json.loads(raw)


async def stream(path: str, **body: Any) -> list[Any]:
    status, raw = await send(path, {"model": "demo", "stream": True, **body})
    assert status == 200
    frames = raw.decode().split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    return [json.loads(frame.removeprefix("data: ")) for frame in frames[:-2]]


def user(content: object) -> dict[str, Any]:
    return {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": content}]}


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("Hello there", "Hello there"),
        ([_part("Two"), {"type": "image_url", "image_url": {}}, _part("parts")], "Two parts"),
        ([{"type": "image_url", "image_url": {}}], "(no text)"),
    ],
)
async def test_a_chat_answer_has_the_shape_and_the_words(content: object, shown: str) -> None:
    answer = ChatCompletion.model_validate(await ask(CHAT, **user(content)))
    text = answer.choices[0].message.content
    assert text is not None
    assert "demo upstream" in text
    assert text.endswith(shown)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_placeholder_is_shown_broken_up_and_repeated_whole() -> None:
    text = explain(f"Write to {PLACEHOLDER} today.")
    assert text.count(PLACEHOLDER) == 1
    assert "Write to SgxE·mail·dB0x·yaYS·YAl0·RQHF·z today." in text


def test_ordinary_words_are_not_broken_up() -> None:
    text = "A plain, comprehensible sentence."
    assert explain(text).count(text) == 1
    assert "·" not in explain(text)


async def test_a_streamed_answer_says_the_same_in_pieces_cut_inside_words() -> None:
    whole = (await ask(CHAT, **user(PLACEHOLDER)))["choices"][0]["message"]["content"]
    chunks = [ChatCompletionChunk.model_validate(item) for item in await stream(CHAT, **user(PLACEHOLDER))]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert not any(PLACEHOLDER in (chunk.choices[0].delta.content or "") for chunk in chunks)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert len({chunk.id for chunk in chunks}) == 1


async def test_usage_is_streamed_when_asked_for() -> None:
    frames = await stream(CHAT, **user("Hi"), stream_options={"include_usage": True})
    assert frames[-1]["choices"] == []
    assert frames[-1]["usage"]["total_tokens"] > 0
    assert all(frame["usage"] is None for frame in frames[:-1])
    assert all("usage" not in frame for frame in await stream(CHAT, **user("Hi")))


async def test_several_choices() -> None:
    assert [choice["index"] for choice in (await ask(CHAT, **user("Hi"), n=3))["choices"]] == [0, 1, 2]
    indexes = {
        choice["index"] for frame in await stream(CHAT, **user("Hi"), n=2) for choice in frame["choices"]
    }
    assert indexes == {0, 1}


@pytest.mark.parametrize("prompt", ["Once", ["Once"], [1, 2, 3]])
async def test_completions(prompt: object) -> None:
    answer = Completion.model_validate(await ask(TEXT, prompt=prompt))
    frames = await stream(TEXT, prompt=prompt)
    assert "".join(frame["choices"][0]["text"] for frame in frames) == answer.choices[0].text
    assert frames[-1]["choices"][0]["finish_reason"] == answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(("given", "count"), [("a", 1), (["a", "b", "a"], 3), ([1, 2], 1), ([[1], [2]], 2)])
async def test_embeddings(given: object, count: int) -> None:
    answer = CreateEmbeddingResponse.model_validate(await ask(EMBED, input=given, dimensions=8))
    assert [item.index for item in answer.data] == list(range(count))
    for item in answer.data:
        assert len(item.embedding) == 8
        assert sum(number * number for number in item.embedding) == pytest.approx(1)
    if count == 3:
        assert answer.data[0].embedding == answer.data[2].embedding != answer.data[1].embedding


async def test_packed_embeddings_hold_the_same_numbers() -> None:
    plain = await ask(EMBED, input="a", dimensions=4)
    packed = await ask(EMBED, input="a", dimensions=4, encoding_format="base64")
    numbers = struct.unpack("<4f", base64.b64decode(packed["data"][0]["embedding"]))
    assert list(numbers) == pytest.approx(plain["data"][0]["embedding"])


async def test_its_models_are_its_own_beside_others() -> None:
    status, raw = await send("/v1/models", method="GET")
    models = [Model.model_validate(item).id for item in json.loads(raw)["data"]]
    assert status == 200
    assert models
    for model in models:
        assert BESIDE.closeness(model)
    assert ALONE.closeness("gpt-5")
    assert not BESIDE.closeness("gpt-5")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (CHAT, b"{", 400),
        (CHAT, b"[]", 400),
        (CHAT, {}, 400),
        (CHAT, {"model": "demo"}, 400),
        (CHAT, {"model": 3, "messages": []}, 400),
        (CHAT, {"model": "demo", "messages": [], "n": 17}, 400),
        (CHAT, {"model": "demo", "messages": [], "n": "2"}, 400),
        (TEXT, {"model": "demo", "prompt": 1}, 400),
        (EMBED, {"model": "demo", "input": []}, 400),
        (EMBED, {"model": "demo", "input": "a", "dimensions": 10**9}, 400),
        ("/v1/files", {}, 404),
        ("/elsewhere", {}, 404),
    ],
)
async def test_bad_requests_get_the_apis_error(path: str, body: object, status: int) -> None:
    found, raw = await send(path, body)
    assert found == status
    assert set(json.loads(raw)["error"]) == {"message", "type", "param", "code"}


async def test_a_message_of_nobody_is_answered() -> None:
    assert "(no message of a user)" in json.dumps(
        await ask(CHAT, messages=[{"role": "system", "content": "x"}])
    )


def test_what_is_shown_is_bounded() -> None:
    assert len(explain("x" * 1_000_000)) < 10_000
