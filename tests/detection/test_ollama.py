"""Ollama's dialects: what is read of requests, answers and lines, both laws, and how they say no."""

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

type Found = dict[str, tuple[str, Role, Kind]]


def parsed(body: Any, dialect: str = "ollama_chat") -> Document:
    raw = json.dumps(body).encode()
    document, _ = DIALECTS[dialect].parse_request(raw)
    assert document.render(()) == raw
    return document


def found(document: Document) -> Found:
    return {item.text: (item.pointer, item.role, item.kind) for item in document.segments}


def chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "llama3.2", "messages": list(messages), **more}


def test_every_member_of_a_chat_is_read_for_what_it_is() -> None:
    call = {"function": {"name": "send", "arguments": {"to": "Bern", "n": 12345678}, "index": 0}}
    document = parsed(
        chat(
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "hi", "images": ["iVBORw0KGgo="]},
            {"role": "assistant", "content": "", "thinking": "a thought", "tool_calls": [call]},
            {"role": "tool", "content": "22 C", "tool_name": "weather"},
            {"role": "Context", "content": "of a template"},
            tools=[{"type": "function", "function": {"name": "send", "description": "sends a letter"}}],
            format={"properties": {"a_property": {}}},
            options={"stop": ["the end"], "seed": 123456789},
            something_new={"inner": ["said before we know it"]},
        )
    )
    told = found(document)
    assert told["be kind"] == ("/messages/0/content", Role.SYSTEM, Kind.TEXT)
    assert told["hi"] == ("/messages/1/content", Role.USER, Kind.TEXT)
    assert told["a thought"][1:] == (Role.ASSISTANT, Kind.REASONING)
    assert told["Bern"] == ("/messages/2/tool_calls/0/function/arguments/to", Role.ASSISTANT, Kind.ARGUMENTS)
    assert told["12345678"][2] is Kind.ARGUMENTS
    assert told["22 C"] == ("/messages/3/content", Role.TOOL, Kind.TEXT)
    assert told["weather"][2] is Kind.NAME
    assert told["of a template"] == ("/messages/4/content", Role.USER, Kind.TEXT)
    assert told["Context"][2] is Kind.NAME
    assert told["sends a letter"][1:] == (Role.SYSTEM, Kind.TOOL_DEFINITION)
    assert {"a_property", "the end", "said before we know it"} <= told.keys()
    assert not {"123456789", "iVBORw0KGgo="} & told.keys()
    assert [(item.pointer, item.reason) for item in document.unjudged] == [("/messages/1/images/0", "image")]


def test_a_prompt_is_read_with_all_that_surrounds_it() -> None:
    body = {
        "model": "m",
        "prompt": "hi",
        "suffix": "the end",
        "system": "be kind",
        "template": "{{ .Prompt }}",
        "context": [1, 2, 3],
        "images": ["iVBORw0KGgo="],
    }
    document = parsed(body, "ollama_generate")
    told = found(document)
    assert told["hi"] == ("/prompt", Role.USER, Kind.TEXT)
    assert told["be kind"] == ("/system", Role.SYSTEM, Kind.TEXT)
    assert {"the end", "{{ .Prompt }}"} <= told.keys()
    assert {item.reason for item in document.unjudged} == {"image", "token ids"}


@pytest.mark.parametrize("body", [{"input": "hi"}, {"input": ["hi", "there"]}, {"prompt": "hi"}])
def test_what_is_embedded_is_read(body: dict[str, Any]) -> None:
    assert found(parsed({"model": "m", **body}, "ollama_embed"))["hi"][1:] == (Role.USER, Kind.TEXT)


def test_what_says_nothing_about_streaming_streams() -> None:
    for dialect, stream, expected in (
        ("ollama_chat", {}, True),
        ("ollama_chat", {"stream": None}, True),
        ("ollama_chat", {"stream": False}, False),
        ("ollama_generate", {}, True),
        ("ollama_embed", {}, False),
    ):
        _, asked = DIALECTS[dialect].parse_request(json.dumps({"model": "m", **stream}).encode())
        assert asked.stream is expected


@pytest.mark.parametrize(
    ("dialect", "body", "param"),
    [
        ("ollama_chat", [], None),
        ("ollama_chat", {"messages": []}, "model"),
        ("ollama_chat", {"model": "a\nb"}, "model"),
        ("ollama_chat", chat(stream="no"), "stream"),
        ("ollama_chat", {"model": "m", "messages": "hi"}, "messages"),
        ("ollama_chat", {"model": "m", "messages": ["hi"]}, "messages.0"),
        ("ollama_chat", chat(tools={}), "tools"),
        ("ollama_generate", {"model": "m", "prompt": ["hi"]}, "prompt"),
        ("ollama_embed", {"model": "m", "input": [1]}, "input"),
        ("ollama_embed", {"model": "m", "input": {"a": "b"}}, "input"),
    ],
)
def test_shapes_that_mean_nothing_are_refused(dialect: str, body: Any, param: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        parsed(body, dialect)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("ollama_chat", {"model": "m", "Messages": [{"role": "user", "content": "odd words"}]}),
        ("ollama_chat", chat({"role": "user", "content": ["odd words"]})),
        ("ollama_chat", chat({"role": "user", "content": "", "images": [{"x": "odd words"}]})),
        ("ollama_chat", chat({"role": "user", "content": "", "tool_calls": "odd words"})),
        ("ollama_chat", chat({"role": "user", "content": "", "tool_calls": [{"function": "odd words"}]})),
        ("ollama_generate", {"model": "m", "Prompt": "odd words"}),
        ("ollama_generate", {"model": "m", "context": "odd words"}),
        ("ollama_embed", {"model": "m", "options": {"x": "odd words"}}),
    ],
)
def test_nothing_of_an_odd_request_is_overlooked(dialect: str, body: Any) -> None:
    assert "odd words" in found(parsed(body, dialect))


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("ollama_chat", {"error": "odd words"}),
        ("ollama_chat", {"message": "odd words"}),
        ("ollama_chat", {"message": {"role": "odd words", "content": ""}}),
        ("ollama_chat", {"message": {"content": ""}, "note": "odd words"}),
        ("ollama_generate", {"response": ["odd words"]}),
        ("ollama_generate", {"response": "", "image": {"x": "odd words"}}),
        ("ollama_generate", {"response": "", "context": ["odd words"]}),
        ("ollama_embed", {"embeddings": [["odd words"]]}),
        ("ollama_embed", "odd words"),
    ],
)
def test_nothing_of_an_odd_answer_is_overlooked(dialect: str, body: Any) -> None:
    raw = json.dumps(body).encode()
    document, _ = DIALECTS[dialect].parse_answer(raw)
    assert "odd words" in found(document)
    assert document.render(()) == raw


def line(text: str = "", *, chats: bool = True, **more: Any) -> dict[str, Any]:
    names = ("done", "done_reason", "logprobs", "context")
    around: dict[str, Any] = {name: more.pop(name) for name in names if name in more}
    said = (
        {"message": {"role": "assistant", "content": text, **more}} if chats else {"response": text, **more}
    )
    return {"model": "m", "created_at": "2026", **said, "done": False, **around}


def lines(told: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in told)


def streamed(
    told: list[Any], policy: Policy = MASK_ALL, size: int = 1 << 20, *, dialect: str = "ollama_chat"
) -> tuple[list[Any], AuditCore]:
    """Drive a whole stream; return the lines that left and the record."""
    inspection = INSPECTOR.open(dialect, policy, ALICE)
    inspection.request(json.dumps({"model": "m", "messages": []}).encode())
    out = run(inspection, chunked(lines(told), size))
    return [json.loads(item) for item in out.splitlines()], timeless(inspection.core())


def said(told: list[Any]) -> tuple[str, str, list[Any]]:
    """What a client puts together: text, thinking, calls."""
    spoken = [item.get("message") or item for item in told]
    text = "".join(item.get("content") or item.get("response") or "" for item in spoken)
    calls = [call for item in spoken for call in item.get("tool_calls") or ()]
    return text, "".join(item.get("thinking") or "" for item in spoken), calls


LEAK = f"The key is {KEY}; write to {MAIL}. "
CALL = {"function": {"name": "send", "arguments": {"to": "Bern"}}}


def story(texts: list[str], thoughts: list[str], *, chats: bool = True) -> list[Any]:
    return [
        *(line(thinking=piece, chats=chats) for piece in thoughts),
        *(line(piece, chats=chats) for piece in texts),
        line(tool_calls=[CALL], chats=chats),
        line(done=True, done_reason="stop", chats=chats),
    ]


@cache
def fold_of(policy: str, *, chats: bool) -> tuple[list[Any], AuditCore]:
    chosen = MASK_ALL if policy == MASK_ALL.name else BLOCK_ALL
    told = story(list(LEAK), list(f"So {LEAK}"), chats=chats)
    return streamed(told, chosen, dialect="ollama_chat" if chats else "ollama_generate")


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.lists(st.integers(0, 80), max_size=6), min_size=2, max_size=2), chats=st.booleans())
def test_texts_and_thoughts_any_cuts(policy: Policy, cuts: list[list[int]], *, chats: bool) -> None:
    fold, core = fold_of(policy.name, chats=chats)
    told = story(cut(LEAK, cuts[0]), cut(f"So {LEAK}", cuts[1]), chats=chats)
    got, other = streamed(told, policy, dialect="ollama_chat" if chats else "ollama_generate")
    assert said(got) == said(fold)
    assert other == core
    assert KEY not in json.dumps(got)


@pytest.mark.parametrize("policy", POLICIES)
def test_bytes_cut_anywhere(policy: Policy) -> None:
    told = story([f"K\u00f6nig \U0001f600 {LEAK}"], ["hm "])
    whole = streamed(told, policy)
    for size in (1, 2, 7, 64):
        assert streamed(told, policy, size) == whole


def test_an_unchanged_stream_passes_line_for_line() -> None:
    told = story(["All ", "is well. "], ["Hm. "])
    assert streamed(told)[0] == told


def test_only_text_is_held() -> None:
    inspection = INSPECTOR.open("ollama_chat", MASK_ALL, ALICE)
    inspection.request(json.dumps({"model": "m", "messages": []}).encode())
    guard = inspection.stream()
    assert guard.feed(lines([line("pass")])).release == b""
    call = lines([line(tool_calls=[CALL])])
    assert guard.feed(call).release == call
    last = guard.feed(lines([line(done=True)])).release
    assert said([json.loads(last)])[0] == "pass"


def test_token_lists_and_contexts_follow_their_text() -> None:
    def told_of(pieces: list[str]) -> list[Any]:
        frames = [line(piece, chats=False, logprobs=[{"token": piece, "logprob": -0.1}]) for piece in pieces]
        return [*frames, line(done=True, context=[1, 2, 3], chats=False)]

    clean = told_of(["Nothing ", "to see. "])
    assert streamed(clean, dialect="ollama_generate")[0] == clean
    got, _ = streamed(told_of([f"{KEY[:8]}", f"{KEY[8:]} is it. "]), dialect="ollama_generate")
    assert got[-1]["context"] == []
    assert KEY[8:] not in json.dumps(got)


def test_an_odd_line_hides_nothing() -> None:
    for odd in (
        {"error": KEY},
        line("a ", note=KEY),
        line("b ", role=KEY),
        line("c ", content=[KEY]),
        line("d ", tool_calls=[{"function": {"name": "f", "arguments": {"k": [KEY]}}}]),
        {**line("e "), "note": KEY},
    ):
        got, core = streamed([odd], BLOCK_ALL)
        assert KEY not in json.dumps(got)
        assert core.answer
        assert core.answer.decided


def test_a_line_without_a_message_s_shape_ends_the_stream() -> None:
    got, core = streamed([line("Hello. "), {**line(), "message": "x"}, line(done=True)])
    assert "error" in got[-1]
    assert said(got)[0] == "Hello. "
    assert core.answer
    assert core.answer.receipt.unjudged


@pytest.mark.parametrize("dialect", ["ollama_chat", "ollama_generate"])
def test_refusals_and_errors(dialect: str) -> None:
    made = DIALECTS[dialect]
    _, asked = made.parse_request(json.dumps({"model": "m"}).encode())
    refused = made.refuse(asked, "no")
    told = [json.loads(item) for item in refused.body.splitlines()]
    assert refused.content_type == "application/x-ndjson"
    assert said(told)[0] == "no"
    assert [item["done"] for item in told] == [False, True]
    whole = json.loads(made.refuse(asked, "no", {"done": True}).body)
    assert (said([whole])[0], whole["done_reason"]) == ("no", "content_filter")
    error = made.error(404, "model_not_found", "No such model.", "model")
    assert (error.status, json.loads(error.body)["error"]) == (404, "No such model.")
