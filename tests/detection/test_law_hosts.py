"""Law 1 on the streams of Mistral, Cohere and OpenAI's imitators: no cut changes what is released."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.policy import Policy
from sluicegate.detection.types import AuditCore
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.fakes import cohere_api, mistral_api
from tests.walls.faces import timeless

SECRET, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@kontor-nord.example"
TEXT = f"So: {SECRET} - K\u00f6nig \U0001f600 {MAIL}, and {SECRET}"
POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]
_CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}

type Frames = list[Any]


@dataclass(frozen=True)
class Growth:
    """One text that grows in one dialect: how a stream of its pieces looks, and what a client reads."""

    dialect: str
    request: Any
    frames: Callable[[Iterable[str]], Frames]
    read: Callable[[Any], Iterable[str | None]]
    named: bool = False
    lines: bool = False


def _delta(event: Any) -> Any:
    choices = event.get("choices") or [{}]
    return choices[0].get("delta") or {}


def _chunks(make: Callable[[str], Any]) -> Callable[[Iterable[str]], Frames]:
    return lambda parts: [
        mistral_api.chunk({"role": "assistant"}),
        *(mistral_api.chunk(make(part)) for part in parts),
        mistral_api.chunk({}, "stop"),
    ]


def _thoughts(event: Any) -> Iterable[str]:
    content = _delta(event).get("content")
    for chunk in content if isinstance(content, list) else ():
        yield from (part["text"] for part in chunk.get("thinking", ()))


def _plain(event: Any) -> Iterable[str]:
    content = _delta(event).get("content")
    if isinstance(content, list):
        yield from (chunk["text"] for chunk in content if chunk["type"] == "text")
    elif content:
        yield content


def _details(event: Any) -> Iterable[str]:
    yield from (block.get("text", "") for block in _delta(event).get("reasoning_details", ()))


def _content(key: str) -> Callable[[Any], Iterable[str | None]]:
    def read(event: Any) -> Iterable[str | None]:
        if event["type"] in ("content-start", "content-delta"):
            yield event["delta"]["message"]["content"].get(key)

    return read


def _plan(event: Any) -> Iterable[str]:
    if event["type"] == "tool-plan-delta":
        yield event["delta"]["message"]["tool_plan"]


def _plans(parts: Iterable[str]) -> Frames:
    deltas = [{"type": "tool-plan-delta", "delta": {"message": {"tool_plan": part}}} for part in parts]
    return cohere_api.whole_stream([*deltas, *cohere_api.call_frames("send", ["{}"])], "TOOL_CALL")


def _conversation(make: Callable[[str], Any]) -> Callable[[Iterable[str]], Frames]:
    return lambda parts: mistral_api.conversation_frames(make(part) for part in parts)


def _entry(event: Any) -> Iterable[str | None]:
    content = event.get("content")
    if isinstance(content, dict):
        yield from (part["text"] for part in content["thinking"])
    else:
        yield content
    yield event.get("arguments")


def _first_chat(event: Any) -> Iterable[str | None]:
    kind = event["event_type"]
    if kind == "stream-end":
        yield "|" + event["response"]["text"] if event["finish_reason"] == "COMPLETE" else "|"
    elif kind == "tool-calls-generation":
        yield "|" + event["text"] + "|"
    else:
        yield event.get("text")


def _planned(parts: Iterable[str]) -> Frames:
    pieces = list(parts)
    whole = {"event_type": "tool-calls-generation", "tool_calls": [], "text": "".join(pieces)}
    chunks = [{"event_type": "tool-calls-chunk", "text": piece} for piece in pieces]
    return [*chunks, whole, *cohere_api.frames_v1([])[-1:]]


GROWTHS = {
    "chunks and plain": Growth(
        "openai_chat",
        _CHAT,
        lambda parts: [
            mistral_api.chunk({"content": part if index % 2 else [{"type": "text", "text": part}]})
            for index, part in enumerate(parts)
        ],
        _plain,
    ),
    "thoughts in chunks": Growth(
        "openai_chat", _CHAT, _chunks(lambda part: {"content": mistral_api.thought(part)}), _thoughts
    ),
    "reasoning details": Growth(
        "openai_chat",
        _CHAT,
        _chunks(lambda part: {"reasoning_details": [{"type": "reasoning.text", "index": 1, "text": part}]}),
        _details,
    ),
    "fill-in": Growth(
        "mistral_fim",
        {"model": "m", "prompt": "x", "stream": True},
        _chunks(lambda part: {"content": part}),
        _plain,
    ),
    "agent": Growth(
        "mistral_agents", {**_CHAT, "agent_id": "a"}, _chunks(lambda part: {"content": part}), _plain
    ),
    "conversation": Growth(
        "mistral_conversations", {"inputs": "hi"}, _conversation(mistral_api.said), _entry, named=True
    ),
    "thought in a conversation": Growth(
        "mistral_conversations",
        {"inputs": "hi"},
        _conversation(lambda part: mistral_api.said(mistral_api.thought(part)[0])),
        _entry,
        named=True,
    ),
    "content block": Growth(
        "cohere_chat",
        _CHAT,
        lambda parts: cohere_api.whole_stream(cohere_api.text_frames(parts)),
        _content("text"),
        named=True,
    ),
    "thinking block": Growth(
        "cohere_chat",
        _CHAT,
        lambda parts: cohere_api.whole_stream(cohere_api.text_frames(parts, "thinking")),
        _content("thinking"),
        named=True,
    ),
    "tool plan": Growth("cohere_chat", _CHAT, _plans, _plan, named=True),
    "first chat": Growth(
        "cohere_chat_v1", {"message": "hi", "stream": True}, cohere_api.frames_v1, _first_chat, lines=True
    ),
    "plan of the first chat": Growth(
        "cohere_chat_v1", {"message": "hi", "stream": True}, _planned, _first_chat, lines=True
    ),
}


def _arguments(event: Any) -> Iterable[str | None]:
    if event["type"] == "tool-call-delta":
        yield event["delta"]["message"]["tool_calls"]["function"]["arguments"]


def _parameters(event: Any) -> Iterable[str | None]:
    yield (event.get("tool_call_delta") or {}).get("parameters")


CALLS = {
    "tool call": Growth(
        "cohere_chat",
        _CHAT,
        lambda parts: cohere_api.whole_stream(cohere_api.call_frames("send", parts)),
        _arguments,
        named=True,
    ),
    "function call": Growth(
        "mistral_conversations",
        {"inputs": "hi"},
        _conversation(lambda part: mistral_api.called("send", part)),
        _entry,
        named=True,
    ),
    "parameters": Growth(
        "cohere_chat_v1",
        {"message": "hi"},
        lambda parts: [
            *(
                {"event_type": "tool-calls-chunk", "tool_call_delta": {"index": 0, "parameters": part}}
                for part in parts
            ),
            *cohere_api.frames_v1([])[-1:],
        ],
        _parameters,
        lines=True,
    ),
}


def written(growth: Growth, frames: Frames) -> bytes:
    """The bytes of a stream of these frames."""
    if growth.lines:
        return b"".join(json.dumps(frame).encode() + b"\n" for frame in frames)
    names = [f"event: {frame['type']}\n" if growth.named else "" for frame in frames]
    return b"".join(
        f"{name}data: {json.dumps(frame)}\n\n".encode() for name, frame in zip(names, frames, strict=True)
    )


def frames_of(stream: bytes) -> Frames:
    """Read back the frames of a stream, lines or events."""
    datas = [line.removeprefix(b"data: ") for line in stream.split(b"\n") if not line.startswith(b"event:")]
    return [json.loads(data) for data in datas if data not in (b"", b"[DONE]")]


def streamed(
    growth: Growth, parts: Iterable[str], policy: Policy, size: int = 1 << 20
) -> tuple[str, AuditCore]:
    """What a client puts together, and the record."""
    inspection = INSPECTOR.open(growth.dialect, policy, ALICE)
    assert inspection.request(json.dumps(growth.request).encode()).body is not None
    out = run(inspection, chunked(written(growth, growth.frames(parts)), size))
    text = "".join(piece or "" for frame in frames_of(out) for piece in growth.read(frame))
    return text, timeless(inspection.core())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("growth", GROWTHS.values(), ids=list(GROWTHS))
def test_no_cut_of_a_text_changes_anything(growth: Growth, policy: Policy) -> None:
    fold, record = streamed(growth, TEXT, policy)
    assert record.answer is not None
    assert record.answer.decided
    assert SECRET not in fold
    assert fold.startswith("So: ")
    for cuts in ([], [8], [4, 24], [12, 13, 40], range(0, 200, 7)):
        assert streamed(growth, cut(TEXT, cuts), policy) == (fold, record)
    for size in (1, 5):
        assert streamed(growth, cut(TEXT, [9, 30]), policy, size) == (fold, record)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("growth", CALLS.values(), ids=list(CALLS))
def test_no_cut_of_arguments_changes_anything(growth: Growth, policy: Policy) -> None:
    given = json.dumps({"note": TEXT, "n": 4111111111111111, "inner": json.dumps({"deep": SECRET})})
    spelled = given.replace(SECRET, "\\u0041" + SECRET[1:], 1)
    fold, record = streamed(growth, spelled, policy)
    assert record.answer is not None
    assert record.answer.decided
    assert SECRET[1:] not in fold
    for cuts in ([], [12], [16, 17, 18, 40], range(0, 300, 11)):
        assert streamed(growth, cut(spelled, cuts), policy) == (fold, record)
    assert streamed(growth, cut(spelled, [20]), policy, 1) == (fold, record)


_WORDS = st.sampled_from(
    [SECRET, SECRET[:9], MAIL, "maria@", "the", "K\u00f6nig", "\u200b", "4111 1111 1111 1111", " ", "\n", "."]
)


@settings(max_examples=60, deadline=None)
@given(
    growth=st.sampled_from([*GROWTHS.values()]),
    words=st.lists(_WORDS, min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 120), max_size=6),
    policy=st.sampled_from([MASK_ALL, BLOCK_ALL]),
)
def test_no_cut_of_any_text_changes_anything(
    growth: Growth, words: list[str], cuts: list[int], policy: Policy
) -> None:
    text = "".join(words)
    assert streamed(growth, cut(text, cuts), policy) == streamed(growth, text, policy)


@pytest.mark.parametrize("growth", [*GROWTHS.values(), *CALLS.values()], ids=[*GROWTHS, *CALLS])
def test_clean_prose_leaves_byte_for_byte(growth: Growth) -> None:
    stream = written(growth, growth.frames(["Good ", "morning, ", "K\u00f6nig."]))
    inspection = INSPECTOR.open(growth.dialect, MASK_ALL, ALICE)
    inspection.request(json.dumps(growth.request).encode())
    released = run(inspection, [stream])
    assert "".join(piece or "" for frame in frames_of(released) for piece in growth.read(frame)) == "".join(
        piece or "" for frame in frames_of(stream) for piece in growth.read(frame)
    )
    assert [frame.get("type") for frame in frames_of(released)][-1:] == [
        frame.get("type") for frame in frames_of(stream)
    ][-1:]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("member", ["text", "message"])
@pytest.mark.parametrize("size", [1, 7, 400])
def test_what_a_chunk_says_again_shows_no_more_than_its_delta(member: str, policy: Policy, size: int) -> None:
    frames, so_far = [], ""
    for part in cut(TEXT, range(0, 400, size)):
        so_far += part
        frame = mistral_api.chunk({"content": part})
        frame["choices"][0] |= {
            "text": part,
            "message": {"role": "assistant", "content": so_far},
        }
        del frame["choices"][0]["text" if member == "message" else "message"]
        frames.append(frame)
    last = mistral_api.chunk({}, "stop")
    if member == "message":
        last["choices"][0]["message"] = {"role": "assistant", "content": so_far}
    growth = GROWTHS["chunks and plain"]
    inspection = INSPECTOR.open("openai_chat", policy, ALICE)
    inspection.request(json.dumps(_CHAT).encode())
    released = frames_of(run(inspection, [written(growth, [*frames, last])]))
    told = again = ""
    for frame in released:
        told += "".join(_plain(frame))
        again = frame["choices"][0].get("message", {}).get("content", "")
        assert told.startswith(again)
    twice = "".join(frame["choices"][0].get("text", "") for frame in released)
    assert SECRET[:8] not in told + twice
    if policy is MASK_ALL:
        assert told.endswith(", and [AwsKey]")
        assert (twice if member == "text" else again) == told
