"""What fuzzing found once: secrets that dialects overlooked, and payloads that they stumbled over."""

import json
from typing import Any

import pytest

from sluicegate.detection.types import Action
from tests.detection.support import ALICE, INSPECTOR, MASK_ALL, run
from tests.fuzz.changes import put
from tests.fuzz.material import MATERIALS
from tests.fuzz.oracle import (
    CANARY,
    LENIENT,
    framed,
    hold_answer,
    hold_request,
    hold_stream,
    opened,
    shape_of,
)
from tests.fuzz.shapes import Material


def named(name: str) -> Material:
    return next(material for material in MATERIALS if str(material) == name)


def with_secret(tree: Any, *path: Any, value: Any = CANARY) -> Any:
    return put(json.loads(json.dumps(tree)), path, value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("openai_chat", ("choices", 0, "finish_reason"), id="reason"),
        pytest.param("openai_chat", ("usage",), id="usage"),
        pytest.param("openai_chat", ("id",), id="id"),
        pytest.param("openai_chat", ("choices", 0, "logprobs", "content", 0, "token"), id="token"),
        pytest.param(
            "openai_chat", ("choices", 0, "message", "tool_calls", 0, "function", "name"), id="tool"
        ),
        pytest.param("openai_embeddings", ("data", 0, "embedding"), id="vector"),
        pytest.param("openai_conversations", ("first_id",), id="name of an item"),
        pytest.param("cohere_embed", ("embeddings", "float"), id="vectors by kind"),
        pytest.param("cohere_chat_v1", ("meta", "api_version"), id="version"),
        pytest.param("anthropic", ("usage", "input_tokens"), id="count"),
        pytest.param("anthropic", ("role",), id="role"),
        pytest.param("bedrock_converse", ("metrics", "latencyMs"), id="metric"),
        pytest.param("gemini, sse", ("responseId",), id="name of a response"),
        pytest.param("ollama_generate", ("done_reason",), id="word for the end"),
        pytest.param("mistral_ocr", ("usage_info", "pages_processed"), id="pages"),
        pytest.param("mcp", ("jsonrpc",), id="version of a protocol"),
    ],
)
@pytest.mark.parametrize("value", [CANARY, [CANARY], {"note": CANARY}], ids=["text", "list", "object"])
def test_a_secret_where_machinery_writes_does_not_leave(name: str, path: Any, value: Any) -> None:
    material = named(name)
    hold_answer(material, json.dumps(with_secret(material.answers[0], *path, value=value)).encode())


@pytest.mark.parametrize(
    ("name", "frame", "path"),
    [
        pytest.param("openai_chat", 3, ("id",), id="id"),
        pytest.param("openai_chat", 3, ("system_fingerprint",), id="fingerprint"),
        pytest.param("openai_chat", 4, ("choices", 0, "delta", "tool_calls", 0, "type"), id="type of a call"),
        pytest.param("openai_chat", 7, ("choices", 0, "finish_reason"), id="reason"),
        pytest.param("openai_completions", 0, ("choices", 0, "logprobs", "tokens", 0), id="token"),
        pytest.param("openai_responses", 3, ("item_id",), id="item"),
        pytest.param("openai_responses", 3, ("sequence_number",), id="number"),
        pytest.param("openai_responses", 0, ("response", "id"), id="response"),
        pytest.param("openai_images", 0, ("b64_json",), id="picture that is none"),
        pytest.param("anthropic", 0, ("message", "model"), id="model"),
        pytest.param("anthropic", -2, ("usage", "output_tokens"), id="count"),
        pytest.param("bedrock_converse", -1, ("metadata", "metrics", "latencyMs"), id="metric"),
        pytest.param("gemini, sse", 1, ("responseId",), id="name of a response"),
        pytest.param("gemini_interactions", 0, ("interaction", "model"), id="interaction"),
        pytest.param("ollama_chat", 1, ("created_at",), id="time"),
        pytest.param("ollama_generate", -1, ("context", 0), id="tokens"),
        pytest.param("mistral_conversations", 0, ("conversation_id",), id="conversation"),
        pytest.param("openai_chat", 4, ("choices", 0, "delta", "tool_calls", 0, "function"), id="a call"),
        pytest.param("openai_chat", 4, ("choices", 0, "delta", "function_call"), id="a call of old"),
    ],
)
@pytest.mark.parametrize("value", [CANARY, [CANARY]], ids=["text", "list"])
def test_a_secret_where_machinery_writes_does_not_stream(
    name: str, frame: int, path: Any, value: Any
) -> None:
    material = named(name)
    frames = list(material.streams[0])
    frames[frame] = with_secret(frames[frame], *path, value=value)
    hold_stream(material, [framed(shape_of(material), frames)])


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        pytest.param("openai_conversations", ("items",), {"text": CANARY}, id="items that are no list"),
        pytest.param("openai_responses", ("input", 0), {"role": "user", "text": CANARY}, id="no content"),
        pytest.param(
            "openai_realtime",
            ("response", "input", 0, "content", 0, "type"),
            [CANARY],
            id="a type that is none",
        ),
        pytest.param("bedrock_count_tokens", ("input", "converse"), [{"text": CANARY}], id="a list instead"),
        pytest.param("mistral_conversations", ("inputs", 0, "role"), [CANARY], id="a role that is a list"),
        pytest.param(
            "bedrock_invoke, anthropic", ("model",), CANARY, id="a model that the address overrules"
        ),
        pytest.param(
            "anthropic_batches",
            ("requests", 0, "params", "messages", 2, "content", 1, "source", "media_type"),
            CANARY,
            id="type of a medium",
        ),
    ],
)
def test_a_secret_in_an_odd_request_does_not_leave(name: str, path: Any, value: Any) -> None:
    material = named(name)
    hold_request(material, json.dumps(with_secret(material.requests[0], *path, value=value)).encode())


def test_parts_of_a_page_that_are_no_list_are_read() -> None:
    page = {"index": 0, "markdown": "# A gate", "images": {"text": [{"id": "i"}, f"use {CANARY}"]}}
    hold_answer(named("mistral_ocr"), json.dumps({"model": "m", "pages": [[], page]}).encode())


def test_what_a_masked_label_says_is_not_said_again() -> None:
    material = named("bedrock_invoke, its own")
    frames = [
        {"generation": "some words wait", "name": f"so {CANARY} is"},
        {"generation": "ing", "stop_reason": "x"},
    ]
    hold_stream(material, [framed(shape_of(material), frames)])


@pytest.mark.parametrize(
    ("name", "said", "member"),
    [
        ("ollama_chat", "message", "created_at"),
        ("ollama_generate", "response", "model"),
        ("openai_chat", "choices", "id"),
        ("openai_chat", "choices", "system_fingerprint"),
        ("openai_completions", "choices", "model"),
        ("mistral_agents", "choices", "object"),
        ("bedrock_invoke, chat", "choices", "created"),
        ("gemini, sse", "candidates", "responseId"),
    ],
)
@pytest.mark.parametrize("value", [f"{CANARY} 2026", [CANARY]], ids=["text", "list"])
def test_the_head_of_a_frame_that_says_nothing_is_not_said_again(
    name: str, said: str, member: str, value: Any
) -> None:
    material = named(name)
    for frame in material.streams[0]:
        head = {key: item for key, item in frame.items() if key != said}
        waits = json.loads(json.dumps(frame).replace(' ",', '",').replace(' "}', '"}'))
        hold_stream(material, [framed(shape_of(material), [waits, {**head, member: value}])])


def test_the_name_of_a_call_that_is_told_in_pieces_is_not_said_again() -> None:
    material = named("mistral_conversations")
    event = next(frame for stream in material.streams for frame in stream if "arguments" in frame)
    frames = [{**event, "name": CANARY, "arguments": "m1"}, {"type": "conversation.response.done"}]
    hold_stream(material, [framed(shape_of(material), frames)])


@pytest.mark.parametrize("kind", ["content_part.added", "output_item.added"])
def test_the_name_of_an_event_of_responses_is_looked_at(kind: str) -> None:
    material = named("openai_responses")
    stream = next(stream for stream in material.streams if stream[0]["type"] == "response.created")
    frames = [
        {**frame, "type": f"{frame['type']} {CANARY}"} if frame["type"] == f"response.{kind}" else frame
        for frame in stream
    ]
    spelled = framed(shape_of(material), frames)
    assert CANARY.encode() in spelled
    hold_stream(material, [spelled.replace(f"event: response.{kind} {CANARY}".encode(), b"event: x")])


def test_arguments_of_an_event_without_a_name_are_told() -> None:
    material = named("mistral_conversations")
    event = next(frame for stream in material.streams for frame in stream if "arguments" in frame)
    bare = {key: item for key, item in event.items() if key != "type"} | {"arguments": '{"to": "Be'}
    hold_stream(material, [framed(shape_of(material), [bare, {"type": "conversation.response.done"}])])


def test_a_path_of_an_argument_that_is_no_path_stops_the_stream() -> None:
    material = named("gemini_live")
    piece = {"jsonPath": f"$.{CANARY}", "stringValue": "Be", "willContinue": True}
    begun = {"id": "c1", "name": "send", "partialArgs": [piece], "willContinue": True}
    hold_stream(material, [framed(shape_of(material), [{"toolCall": {"functionCalls": [begun]}}])])


@pytest.mark.parametrize("member", ["item_id", "response_id", "event_id", "type"])
def test_names_of_realtime_that_are_none_are_not_said_again(member: str) -> None:
    material = named("openai_realtime")
    frames = [dict(frame) for frame in material.streams[0]]
    said = CANARY if member != "type" else f"response.{CANARY}.delta"
    deltas = [{**frame, member: said, "delta": "some words that"} for frame in frames if "delta" in frame]
    hold_stream(material, [framed(shape_of(material), [*frames[:4], *deltas])])
    hold_stream(
        material, [framed(shape_of(material), [{"type": "response.created", "response": {"id": CANARY}}, 5])]
    )


@pytest.mark.parametrize("frames", [slice(0, 1), slice(3, 4)], ids=["delta", "completed"])
def test_the_name_of_what_was_heard_is_not_said_again(frames: slice) -> None:
    material = named("openai_realtime")
    heard = next(stream for stream in material.streams if stream[0]["type"].startswith("conversation."))
    begun = {**heard[0], "delta": f"use {CANARY[:3]}"}
    told = [{**frame, "item_id": f"item_9 {CANARY}"} for frame in (begun, *heard)[frames]]
    hold_stream(material, [framed(shape_of(material), [begun, *told])])


@pytest.mark.parametrize("arguments", [{"note": "x" * 9}, {f"about {CANARY}": 1}, [CANARY]])
def test_arguments_of_realtime_that_are_no_text_are_read(arguments: Any) -> None:
    material = named("openai_realtime")
    stream = next(stream for stream in material.streams if "function_call" in json.dumps(stream))
    frames = [
        with_secret(frame, "item", "arguments", value=arguments)
        if "arguments" in frame.get("item", ())
        else with_secret(frame, "name", value=arguments)
        if frame["type"] == "response.function_call_arguments.done"
        else frame
        for frame in stream
    ]
    hold_stream(material, [framed(shape_of(material), frames)])


def test_a_call_that_is_a_text_is_read_in_pieces_too() -> None:
    material = named("openai_chat")
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def frame(text: str) -> dict[str, Any]:
        call = {"index": 0, "function": text}
        return {**head, "choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}]}

    hold_stream(material, [framed(shape_of(material), [frame(CANARY[:9]), frame(CANARY[9:]), frame(" is")])])


def test_a_call_of_cohere_whose_arguments_are_no_text_is_read() -> None:
    material = named("cohere_chat")
    frames = list(material.streams[0])
    at = next(index for index, frame in enumerate(frames) if frame["type"] == "tool-call-delta")
    empty = {"delta": {"message": {"tool_calls": {"function": {"arguments": None}}}}}
    hold_stream(material, [framed(shape_of(material), [*frames[:at], {**frames[at], **empty}, *frames[at:]])])


@pytest.mark.parametrize("name", ["msg_68a1b2c3d4e5f6", "ci_68a1b2", "msg-Qx_9-aB3dE5gH7jK", "message-1"])
def test_a_name_of_an_item_is_said_again(name: str) -> None:
    material = named("openai_responses")
    place = {"item_id": name, "output_index": 0, "content_index": 0}
    shape = shape_of(material)
    frame = shape.read({"type": "response.output_text.delta", **place, "delta": "some words"})
    assert shape.carry(None, frame.slots[0], "some", None)["item_id"] == name


def test_a_name_of_an_item_that_is_none_is_not_said_again() -> None:
    material = named("openai_responses")
    frames = [
        {**frame, "item_id": CANARY, "delta": "some words that"} if "delta" in frame else frame
        for frame in material.streams[0]
    ]
    hold_stream(material, [framed(shape_of(material), frames)])


def test_a_block_that_holds_text_as_it_opens_and_ends_at_once_tells_it() -> None:
    material = named("anthropic")
    block = {"type": "text", "text": "All of it"}
    frames = [
        material.streams[0][0],
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_stop", "index": 0},
        *material.streams[0][-2:],
    ]
    inspection = opened(material, MASK_ALL)
    out = run(inspection, [framed(shape_of(material), frames)])
    events = [json.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: ")]
    begun = [event["content_block"]["text"] for event in events if "content_block" in event]
    grown = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(begun + grown) == "All of it"


def test_what_cannot_be_read_in_a_stream_is_listed() -> None:
    material = named("mcp")
    inspection = opened(material, LENIENT)
    run(inspection, [framed(shape_of(material), material.streams[0])])
    answer = inspection.core().answer
    assert answer is not None
    assert [part.reason for part in answer.receipt.unjudged] == ["image"]
    assert answer.action is Action.FLAG


def test_ids_and_counts_that_are_what_they_should_be_cost_no_look() -> None:
    material = named("openai_chat")
    inspection = INSPECTOR.open(material.dialect, LENIENT, ALICE)
    inspection.request(json.dumps(material.requests[0]).encode())
    told = {
        **material.answers[0],
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "model": "gpt-4.1-2025-04-14",
    }
    inspection.response(json.dumps(told).encode(), "application/json")
    answer = inspection.core().answer
    assert answer is not None
    other = INSPECTOR.open(material.dialect, LENIENT, ALICE)
    other.request(json.dumps(material.requests[0]).encode())
    other.response(json.dumps({**told, "id": "x", "model": "m"}).encode(), "application/json")
    plain = other.core().answer
    assert plain is not None
    assert answer.receipt == plain.receipt
