"""Streams in other formats: the same however they are cut, and all of what the model said."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.translate.stream import StreamTranslation
from tests.fakes import anthropic_api, bedrock_api, gemini_api, ollama_api
from tests.fakes.cuts import per_byte, slices
from tests.fakes.http_server import Answer
from tests.gateway.translate.parts import CLIENTS, MADE, UPSTREAMS, chat, message

type Calls = Sequence[tuple[str, dict[str, Any]]]

ASKED = {
    "openai": CLIENTS["openai"].read(chat(stream=True, stream_options={"include_usage": True})),
    "anthropic": CLIENTS["anthropic"].read(message(stream=True)),
}
PAIRS = [(client, upstream) for client in CLIENTS for upstream in UPSTREAMS]
WORDS, CALLED = (
    ["Hel", "lo K\u00f6nig ", "\U0001f600."],
    [("send", {"to": "K\u00f6nig", "n": [1, 2]}), ("wait", {})],
)

every_pair = pytest.mark.parametrize(("client", "upstream"), PAIRS)


def translation(client: str, upstream: str) -> StreamTranslation:
    there = UPSTREAMS[upstream]
    writer = CLIENTS[client].writer(ASKED[client], MADE)
    return StreamTranslation(there.parser(), there.reader(MADE), writer)


def fed(client: str, upstream: str, pieces: Sequence[bytes]) -> tuple[bytes, str]:
    """What a client gets, and the code of the fault that ends it, if one does."""
    stream = translation(client, upstream)
    written = b""
    try:
        for piece in pieces:
            written += stream.feed(piece)
        while not stream.ended:
            written += stream.close()
    except UpstreamFault as fault:
        return written, fault.code
    return written, ""


def bytes_of(answer: Answer) -> bytes:
    return b"".join(piece for piece in answer.pieces if isinstance(piece, bytes))


def spoken(upstream: str, words: Sequence[str], calls: Calls) -> bytes:
    """A stream of an upstream in which the model says words and calls tools."""
    return bytes_of(_SPOKEN[upstream](words, calls))


def _halves(text: str) -> list[str]:
    return [text[:3], text[3:]]


def _anthropic(words: Sequence[str], calls: Calls) -> Answer:
    frames = anthropic_api.text_frames(words) if words else []
    for index, (name, arguments) in enumerate(calls, 1):
        parts = _halves(json.dumps(arguments)) if arguments else []
        frames += anthropic_api.call_frames(name, parts, index)
    return anthropic_api.streamed(anthropic_api.whole_stream(frames, "tool_use" if calls else "end_turn"))


def _bedrock(words: Sequence[str], calls: Calls) -> Answer:
    events = bedrock_api.texts(*words) if words else []
    for block, (name, arguments) in enumerate(calls, 1):
        parts = _halves(json.dumps(arguments)) if arguments else []
        events += bedrock_api.call(name, *parts, block=block)
    return bedrock_api.streamed(events, reason="tool_use" if calls else "end_turn")


def _gemini(words: Sequence[str], calls: Calls) -> Answer:
    thought = gemini_api.said({"text": "Hm.", "thought": True}, reason=None)
    said = [gemini_api.said({"text": word}, reason=None) for word in words]
    called = [
        gemini_api.said({"functionCall": {"name": name, "args": arguments}}, reason=None)
        for name, arguments in calls
    ]
    return gemini_api.streamed([thought, *said, *called, gemini_api.said({"text": ""})])


def _ollama(words: Sequence[str], calls: Calls) -> Answer:
    said = [ollama_api.line(message={"role": "assistant", "content": word}) for word in words]
    functions = [{"function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    said += [ollama_api.line(message={"content": "", "tool_calls": functions})] if functions else []
    end = {"done_reason": "stop", "prompt_eval_count": 4, "eval_count": 3}
    return ollama_api.streamed([*said, ollama_api.line(message={"content": ""}) | end | {"done": True}])


def _openai(words: Sequence[str], calls: Calls) -> Answer:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in words]
    for index, (name, arguments) in enumerate(calls):
        deltas.append({"tool_calls": [{"index": index, "id": f"c{index}", "function": {"name": name}}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
            for part in _halves(json.dumps(arguments))
        ]
    frames: list[Any] = [
        {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta}]} for delta in deltas
    ]
    reason = "tool_calls" if calls else "stop"
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    frames.append({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 3}})
    lines = [b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames]
    return Answer([*lines, b": a comment\n\n", b"data: [DONE]\n\n"])


_SPOKEN = {
    "anthropic": _anthropic,
    "bedrock": _bedrock,
    "gemini": _gemini,
    "ollama": _ollama,
    "openai": _openai,
}


def heard(client: str, written: bytes) -> tuple[str, list[tuple[str, Any]], str]:
    """Text, calls and reason that a client makes of a stream."""
    events = [line[6:] for line in written.split(b"\n") if line.startswith(b"data: ")]
    return _from_chunks(events) if client == "openai" else _from_events(events)


def _from_chunks(events: list[bytes]) -> tuple[str, list[tuple[str, Any]], str]:
    assert events.pop() == b"[DONE]"
    text, reason, calls = "", "", dict[int, list[str]]()
    for choice in (choice for event in events for choice in json.loads(event)["choices"]):
        delta = choice["delta"]
        text += delta.get("content") or ""
        reason = choice["finish_reason"] or reason
        for call in delta.get("tool_calls", ()):
            known = calls.setdefault(call["index"], [call["function"].get("name", ""), ""])
            known[1] += call["function"]["arguments"]
    assert json.loads(events[-1])["usage"]["total_tokens"] > 0
    return text, [(name, json.loads(arguments)) for name, arguments in calls.values()], reason


def _from_events(events: list[bytes]) -> tuple[str, list[tuple[str, Any]], str]:
    trees = [json.loads(event) for event in events]
    assert [trees[0]["type"], trees[-1]["type"]] == ["message_start", "message_stop"]
    assert trees[-2]["usage"]["output_tokens"] > 0
    blocks: list[list[str]] = []
    for tree in trees[1:-2]:
        if tree["type"] == "content_block_start":
            assert tree["index"] == len(blocks)
            blocks.append([tree["content_block"].get("name", ""), ""])
        elif tree["type"] == "content_block_delta":
            assert tree["index"] == len(blocks) - 1
            blocks[-1][1] += tree["delta"].get("text", "") + tree["delta"].get("partial_json", "")
    text = "".join(words for name, words in blocks if not name)
    return (
        text,
        [(name, json.loads(given)) for name, given in blocks if name],
        trees[-2]["delta"]["stop_reason"],
    )


@every_pair
def test_all_that_was_said_is_heard(client: str, upstream: str) -> None:
    written, fault = fed(client, upstream, [spoken(upstream, WORDS, CALLED)])
    reason = "tool_calls" if client == "openai" else "tool_use"
    assert not fault
    assert heard(client, written) == ("".join(WORDS), CALLED, reason)


@every_pair
def test_a_stream_without_tools_ends_by_itself(client: str, upstream: str) -> None:
    written, _ = fed(client, upstream, [spoken(upstream, WORDS, [])])
    assert heard(client, written)[2] == ("stop" if client == "openai" else "end_turn")


@every_pair
def test_cut_at_every_byte_it_is_the_same(client: str, upstream: str) -> None:
    data = spoken(upstream, WORDS, CALLED)
    whole = fed(client, upstream, [data])
    assert fed(client, upstream, per_byte(data)) == whole
    for at in range(0, len(data), 7):
        assert fed(client, upstream, [data[:at], data[at:]]) == whole


@every_pair
@settings(max_examples=15, deadline=None)
@given(
    words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9), max_size=4),
    keys=st.lists(st.text("abc", min_size=1), max_size=3),
    cuts=st.lists(st.integers(0, 3000), max_size=9),
)
def test_any_words_however_they_are_cut(
    client: str, upstream: str, words: list[str], keys: list[str], cuts: list[int]
) -> None:
    calls = [(f"tool_{index}", {key: index}) for index, key in enumerate(keys)]
    data = spoken(upstream, words, calls)
    whole = fed(client, upstream, [data])
    assert heard(client, whole[0])[:2] == ("".join(words), calls)
    assert fed(client, upstream, slices(data, cuts)) == whole


@every_pair
def test_a_stream_that_is_cut_off_is_a_fault_behind_what_came(client: str, upstream: str) -> None:
    data = spoken(upstream, WORDS, CALLED)
    short = data[: len(data) // 2]
    written, fault = fed(client, upstream, [short])
    assert fault == "upstream_protocol"
    assert b"Hel" in written
    assert b"[DONE]" not in written
    assert b"message_stop" not in written
    assert fed(client, upstream, per_byte(short)) == (written, fault)


@every_pair
def test_a_failure_of_the_upstream_is_told_and_ends_the_stream(client: str, upstream: str) -> None:
    written, fault = fed(client, upstream, [_FAILED[upstream], spoken(upstream, ["more"], [])])
    assert not fault
    assert b"Overloaded." in written.split(b"\n\n")[-2]
    assert b'"error"' in written.split(b"\n\n")[-2]
    assert b"more" not in written
    assert (b"event: error\n" in written) == (client == "anthropic")


_OVERLOADED = anthropic_api.failure("overloaded_error", "Overloaded.")
_FAILED = {
    "anthropic": bytes_of(anthropic_api.streamed([_OVERLOADED])),
    "bedrock": bedrock_api.message("modelStreamErrorException", {"message": "Overloaded."}),
    "gemini": b'data: {"error":{"code":503,"message":"Overloaded."}}\r\n\r\n',
    "ollama": b'{"error":"Overloaded."}\n',
    "openai": b'data: {"error":{"message":"Overloaded."}}\n\n',
}


@pytest.mark.parametrize(
    ("upstream", "data"),
    [
        ("anthropic", b"data: [1]\n\n"),
        ("anthropic", b"data: {\n\n"),
        (
            "anthropic",
            b'data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use"}}\n\n',
        ),
        (
            "anthropic",
            b'data: {"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta"}}\n\n',
        ),
        ("gemini", b'data: {"candidates":[{"content":{"parts":[{"executableCode":{"code":"a"}}]}}]}\n\n'),
        ("gemini", b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[]}}]}}]}\n\n'),
        ("openai", b'data: {"choices":{}}\n\n'),
        ("ollama", b'{"message":{"content":5}}\n'),
        ("ollama", b'{"message":{"content":NaN}}\n'),
        ("bedrock", bedrock_api.message("contentBlockStart", {"start": {"image": {"format": "png"}}})),
    ],
)
def test_what_is_not_its_format_is_a_fault(upstream: str, data: bytes) -> None:
    for client in CLIENTS:
        written, fault = fed(client, upstream, [data])
        assert fault == "upstream_protocol"
        assert written.count(b"data: ") <= 1  # that the answer begins, at most


def test_calls_that_are_mixed_up_cannot_be_told_as_blocks() -> None:
    deltas = [
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "a", "arguments": "{"}}]},
        {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "b", "arguments": "{}"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
    ]
    data = b"".join(
        b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"
        for delta in deltas
    )
    written, fault = fed("anthropic", "openai", [data])
    assert fault == "upstream_protocol"
    assert b'"name":"b"' in written


@pytest.mark.parametrize(
    ("upstream", "data"),
    [
        ("gemini", b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n'),
        ("gemini", b'data: {"candidates":[{"finishReason":"PROHIBITED_CONTENT"}]}\n\n'),
        (
            "openai",
            b'data: {"choices":[{"index":0,"delta":{"refusal":"No."},"finish_reason":"stop"}]}\n\n',
        ),
    ],
)
def test_a_refusal_of_the_provider_is_one(upstream: str, data: bytes) -> None:
    written, _ = fed("anthropic", upstream, [data])
    assert b'"stop_reason":"refusal"' in written


@every_pair
def test_nothing_comes_behind_what_cannot_be_read(client: str, upstream: str) -> None:
    good, bad, rest = _BEGUN[upstream], _UNREADABLE[upstream], spoken(upstream, ["more"], [])
    for pieces in ([good, bad, rest], [good + bad, rest], per_byte(good + bad + rest)):
        written, fault = fed(client, upstream, pieces)
        assert fault == "upstream_protocol"
        assert b"more" not in written


_BEGUN = {
    "anthropic": b'data: {"type":"message_start","message":{}}\n\n',
    "bedrock": bedrock_api.message("messageStart", {"role": "assistant"}),
    "gemini": b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\n',
    "ollama": b'{"message":{"content":"a"}}\n',
    "openai": b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n',
}
_UNREADABLE = {
    "anthropic": b"data: [1]\n\n",
    "bedrock": bedrock_api.message("messageStart", []),
    "gemini": b"data: [1]\r\n\r\n",
    "ollama": b"[1]\n",
    "openai": b"data: [1]\n\n",
}
