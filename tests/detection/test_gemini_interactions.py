"""Gemini's interactions: what is read of requests, answers and events, and both laws."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects import DIALECTS
from sluicegate.detection.document import Document
from sluicegate.detection.errors import BadInput
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import AuditCore, Kind, Role
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.detection.test_law_split import timeless

KEY, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@example.org"
POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]
DIALECT = DIALECTS["gemini_interactions"]


def parsed(given: Any, **more: Any) -> Document:
    raw = json.dumps({"model": "m", "input": given, **more}).encode()
    document, _ = DIALECT.parse_request(raw)
    assert document.render(()) == raw
    return document


def found(document: Document) -> dict[str, tuple[str, Role, Kind]]:
    return {item.text: (item.pointer, item.role, item.kind) for item in document.segments}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


STEPS: list[Any] = [
    {
        "type": "user_input",
        "content": [text("hi"), {"type": "image", "data": "iVBORw0KGgo=", "mime_type": "image/png"}],
    },
    {"type": "thought", "signature": "c2lnbmF0dXJl", "summary": [text("a thought")]},
    {
        "type": "model_output",
        "content": [{**text("an answer"), "annotations": [{"url": "https://cited.example"}]}],
    },
    {"type": "function_call", "id": "call-number-1", "name": "send", "arguments": {"to": "Bern"}},
    {"type": "function_result", "call_id": "c", "name": "send", "result": [text("it is sent")]},
    {"type": "mcp_server_tool_result", "call_id": "c", "result": {"page": "words of a page"}},
    {"type": "step_of_tomorrow", "inner": ["said before we know it"]},
]


def test_every_step_is_read_for_what_it_is() -> None:
    document = parsed(STEPS, system_instruction="be kind", tools=[{"description": "sends a letter"}])
    told = found(document)
    assert told["hi"] == ("/input/0/content/0/text", Role.USER, Kind.TEXT)
    assert told["a thought"] == ("/input/1/summary/0/text", Role.ASSISTANT, Kind.REASONING)
    assert told["an answer"] == ("/input/2/content/0/text", Role.ASSISTANT, Kind.TEXT)
    assert told["Bern"] == ("/input/3/arguments/to", Role.ASSISTANT, Kind.ARGUMENTS)
    assert told["it is sent"][1:] == (Role.TOOL, Kind.TEXT)
    assert told["words of a page"][1:] == (Role.TOOL, Kind.TEXT)
    assert told["be kind"] == ("/system_instruction", Role.SYSTEM, Kind.TEXT)
    assert told["sends a letter"][2] is Kind.TOOL_DEFINITION
    assert {"https://cited.example", "call-number-1", "said before we know it", "c2lnbmF0dXJl"} <= told.keys()
    assert [(item.pointer, item.reason) for item in document.unjudged] == [("/input/0/content/1", "image")]
    assert not next(item for item in document.segments if item.text == "c2lnbmF0dXJl").editable


@pytest.mark.parametrize(
    "given", ["hi", text("hi"), [text("hi")], {"type": "user_input", "content": [text("hi")]}]
)
def test_an_input_may_be_a_text_a_content_or_a_list(given: Any) -> None:
    assert found(parsed(given))["hi"][1:] == (Role.USER, Kind.TEXT)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "hi"}, "model"),
        ({"agent": "", "input": "hi"}, "agent"),
        ({"model": "a\nb", "input": "hi"}, "model"),
        ({"model": "m", "stream": "yes"}, "stream"),
        ({"model": "m", "tools": {}}, "tools"),
    ],
)
def test_shapes_that_mean_nothing_are_refused(body: Any, param: str) -> None:
    with pytest.raises(BadInput) as caught:
        DIALECT.parse_request(json.dumps(body).encode())
    assert caught.value.param == param


def test_an_agent_stands_for_a_model() -> None:
    _, asked = DIALECT.parse_request(b'{"agent":"deep-research","input":"hi","stream":true}')
    assert (asked.model, asked.stream) == ("deep-research", True)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "odd words"}},
        {"steps": ["odd words"]},
        {"steps": [{"type": "model_output", "content": "odd words"}]},
        {"steps": [{"type": "model_output", "content": [{"type": "audio", "data": ["odd words"]}]}]},
        {"outputs": [{"type": "text", "text": "odd words"}]},
        {"steps": [], "usage": {"note": "odd words"}},
        "odd words",
    ],
)
def test_nothing_of_an_odd_answer_is_overlooked(body: Any) -> None:
    raw = json.dumps(body).encode()
    document, _ = DIALECT.parse_answer(raw)
    assert "odd words" in found(document)
    assert document.render(()) == raw


def delta(index: int, **told: Any) -> dict[str, Any]:
    return {"event_type": "step.delta", "index": index, "delta": told}


def start(index: int, **step: Any) -> dict[str, Any]:
    return {"event_type": "step.start", "index": index, "step": step}


def stop(index: int) -> dict[str, Any]:
    return {"event_type": "step.stop", "index": index}


def completed(*steps: Any) -> dict[str, Any]:
    told = {"id": "v1_x", "status": "completed", "steps": list(steps)}
    return {"event_type": "interaction.completed", "interaction": told}


CREATED = {"event_type": "interaction.created", "interaction": {"id": "v1_x", "status": "in_progress"}}


def events(told: Iterable[Any]) -> bytes:
    written = [f"event: {item['event_type']}\ndata: {json.dumps(item)}\n\n".encode() for item in told]
    return b"".join([*written, b"event: done\ndata: [DONE]\n\n"])


def streamed(told: list[Any], policy: Policy = MASK_ALL, size: int = 1 << 20) -> tuple[list[Any], AuditCore]:
    """Drive a whole stream; return the events that left and the record."""
    inspection = INSPECTOR.open("gemini_interactions", policy, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    out = run(inspection, chunked(events(told), size)).decode()
    data = [item[6:] for item in out.splitlines() if item.startswith("data: ")]
    return [json.loads(item) for item in data if item != "[DONE]"], timeless(inspection.core())


def said(told: list[Any]) -> dict[int, str]:
    """What a client puts together for each step, by its index."""
    whole: dict[int, str] = {}
    for item in told:
        if item["event_type"] == "step.delta":
            piece = item["delta"]
            more = piece.get("text") or piece.get("arguments") or piece.get("content", {}).get("text") or ""
            whole[item["index"]] = whole.get(item["index"], "") + more
    return whole


LEAK = f"The key is {KEY}; write to {MAIL}. "
ARGUMENTS = json.dumps({"to": MAIL, "key": "\\u0041" + KEY[1:], "note": LEAK})
REPEATED = (
    {"type": "thought", "summary": [text(f"So {LEAK}")]},
    {"type": "model_output", "content": [text(LEAK)]},
    {"type": "function_call", "id": "c", "name": "send", "arguments": json.loads(ARGUMENTS)},
)


def story(thoughts: list[str], texts: list[str], arguments: list[str]) -> list[Any]:
    """A stream that thinks, speaks and calls a tool, and repeats it all at its end."""
    return [
        CREATED,
        start(0, type="thought"),
        *(delta(0, type="thought_summary", content=text(piece)) for piece in thoughts),
        delta(0, type="thought_signature", signature="c2ln"),
        stop(0),
        start(1, type="model_output", content=[]),
        *(delta(1, type="text", text=piece) for piece in texts),
        stop(1),
        start(2, type="function_call", id="c", name="send", arguments={}),
        *(delta(2, type="arguments_delta", arguments=piece) for piece in arguments),
        stop(2),
        completed(*REPEATED),
    ]


WHOLE = (f"So {LEAK}", LEAK, ARGUMENTS)


@cache
def fold_of(policy: str) -> tuple[list[Any], AuditCore]:
    chosen = MASK_ALL if policy == MASK_ALL.name else BLOCK_ALL
    return streamed(story(*(list(item) for item in WHOLE)), chosen)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.lists(st.integers(0, 150), max_size=6), min_size=3, max_size=3))
def test_texts_thoughts_and_arguments_any_cuts(policy: Policy, cuts: list[list[int]]) -> None:
    fold, core = fold_of(policy.name)
    told, other = streamed(story(*(cut(item, at) for item, at in zip(WHOLE, cuts, strict=True))), policy)
    assert said(told) == said(fold)
    assert told[-1] == fold[-1]
    assert other == core
    assert not any(secret in json.dumps(told) for secret in (KEY, MAIL))


@pytest.mark.parametrize("policy", POLICIES)
def test_bytes_cut_anywhere(policy: Policy) -> None:
    told = story(["hm "], [f"K\u00f6nig \U0001f600 {LEAK}"], [ARGUMENTS])
    whole = streamed(told, policy)
    for size in (1, 2, 7, 64):
        assert streamed(told, policy, size) == whole


def test_the_end_repeats_what_left() -> None:
    told, _ = streamed(story(*([item] for item in WHOLE)))
    steps = told[-1]["interaction"]["steps"]
    assert steps[0]["summary"][0]["text"] == said(told)[0]
    assert steps[1]["content"][0]["text"] == said(told)[1]
    assert steps[2]["arguments"]["to"] == json.loads(said(told)[2])["to"]


def test_an_end_that_repeats_something_else_is_judged_by_itself() -> None:
    other = {"type": "model_output", "content": [text(f"Another {KEY}.")]}
    told, _ = streamed(
        [CREATED, start(0, type="model_output"), delta(0, type="text", text="Hi. "), completed(other)]
    )
    assert told[-1]["interaction"]["steps"][0]["content"][0]["text"] == "Another [AwsKey]."


def test_a_stop_closes_open_steps_and_says_why() -> None:
    told, _ = streamed([CREATED, start(0, type="model_output"), delta(0, type="text", text=LEAK)], BLOCK_ALL)
    kinds = [(item["event_type"], item.get("index")) for item in told]
    assert kinds[-5:] == [
        ("step.stop", 0),
        ("step.start", 1),
        ("step.delta", 1),
        ("step.stop", 1),
        ("interaction.completed", None),
    ]
    assert told[-1]["interaction"] == {"id": "v1_x", "status": "incomplete"}


def test_a_text_that_begins_with_its_step_goes_on_in_deltas() -> None:
    begun = start(0, type="model_output", content=[text(KEY[:9])])
    told, _ = streamed([CREATED, begun, delta(0, type="text", text=f"{KEY[9:]} is it. "), stop(0)])
    assert KEY[9:] not in json.dumps(told)


def test_a_picture_parts_the_texts_around_it() -> None:
    told = [
        CREATED,
        start(0, type="model_output"),
        delta(0, type="text", text="pass"),
        delta(0, type="image", data="iVBORw0KGgo=", mime_type="image/png"),
        delta(0, type="text", text="word "),
        stop(0),
        completed({"type": "model_output", "content": [text("pass"), {"type": "image"}, text("word ")]}),
    ]
    got, _ = streamed(told)
    assert [item["delta"]["type"] for item in got if "delta" in item] == ["text", "image", "text"]
    assert got[-1] == told[-1]


def test_a_delta_of_tomorrow_grows_too() -> None:
    told, core = streamed(
        [CREATED, delta(0, type="new", words=KEY[:9]), delta(0, type="new", words=f"{KEY[9:]} ")]
    )
    assert KEY[9:] not in json.dumps(told)
    assert core.answer
    assert core.answer.decided


def test_an_odd_event_hides_nothing() -> None:
    for odd in (
        {"event_type": "error", "error": {"message": KEY}},
        {"event_type": f"note {KEY}"},
        {"event_type": "interaction.status_update", "usage": {"note": KEY}},
        {"event_type": "interaction.created", "interaction": {"id": "x", "steps": [{"note": KEY}]}},
        start(0, type="function_call", name="f", arguments={"k": KEY}),
        start(0, type="model_output", content=KEY),
        delta(0, type="text_annotation_delta", annotations=[{"title": KEY}]),
        delta(0, type="thought_signature", signature=KEY),
        delta(0, type="code_execution_result", result=KEY),
        delta(0, type="text", text="a ", note=KEY),
        {**stop(0), "metadata": {"note": KEY}},
    ):
        told, core = streamed([odd], BLOCK_ALL)
        assert KEY not in json.dumps(told)
        assert core.answer
        assert core.answer.decided, odd


@pytest.mark.parametrize(
    "odd",
    [
        delta(-1, type="text"),
        {"event_type": "step.delta", "index": 0, "delta": "x"},
        delta(0, type="text", text="x"),
    ],
)
def test_what_is_no_event_ends_the_stream(odd: Any) -> None:
    told, core = streamed([CREATED, start(0, type="model_output"), stop(0), odd, completed()])
    assert told[-1]["event_type"] == "error"
    assert core.answer
    assert core.answer.receipt.unjudged
