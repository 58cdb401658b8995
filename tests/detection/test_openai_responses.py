"""Responses: what is read, what passes untouched, and both laws for texts that grow and are told again."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.core import build_inspector
from sluicegate.detection.dialects import DIALECTS
from sluicegate.detection.errors import BadInput
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED, MONITOR, STRICT
from sluicegate.detection.types import AuditCore, Kind, Role
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut
from tests.fakes.responses import calling, custom, event, events, message, refusing, thinking
from tests.sdk.material import AWS_KEY, EMAIL
from tests.strategies import JSON

DIALECT = DIALECTS["openai_responses"]
POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]


def read(body: dict[str, Any]) -> dict[str, tuple[Role, Kind]]:
    document, _ = DIALECT.parse_request(json.dumps(body).encode())
    return {
        segment.pointer: (segment.role, segment.kind) for segment in document.segments if segment.editable
    }


def items(*given_items: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "input": list(given_items), **more}


SEALED = base64.urlsafe_b64encode(b"\x80" + bytes(range(255))).decode()
TEXTS: dict[str, tuple[dict[str, Any], dict[str, tuple[Role, Kind]]]] = {
    "a text": ({"model": "m", "input": "x"}, {"/input": (Role.USER, Kind.TEXT)}),
    "instructions": (
        {"model": "m", "input": "x", "instructions": "y"},
        {"/instructions": (Role.SYSTEM, Kind.TEXT)},
    ),
    "a developer": (
        items({"role": "developer", "content": "x"}),
        {"/input/0/content": (Role.SYSTEM, Kind.TEXT)},
    ),
    "a part": (
        items({"role": "user", "content": [{"type": "input_text", "text": "x"}]}),
        {"/input/0/content/0/text": (Role.USER, Kind.TEXT)},
    ),
    "a call": (
        items(calling("f", '{"a": 1}')),
        {
            "/input/0/name": (Role.ASSISTANT, Kind.NAME),
            "/input/0/arguments": (Role.ASSISTANT, Kind.ARGUMENTS),
        },
    ),
    "a custom call": (items(custom("f", "x")), {"/input/0/input": (Role.ASSISTANT, Kind.ARGUMENTS)}),
    "a result": (
        items({"type": "function_call_output", "output": [{"type": "input_text", "text": "x"}]}),
        {"/input/0/output/0/text": (Role.TOOL, Kind.TEXT)},
    ),
    "a screen": (
        items({"type": "computer_call", "call_id": "c", "action": {"type": "type", "text": "hello"}}),
        {"/input/0/action/text": (Role.ASSISTANT, Kind.ARGUMENTS)},
    ),
    "a shell": (
        items({"type": "shell_call", "call_id": "c", "action": {"commands": ["ls -l"]}}),
        {"/input/0/action/commands/0": (Role.ASSISTANT, Kind.ARGUMENTS)},
    ),
    "a patch": (
        items({"type": "apply_patch_call", "operation": {"type": "update_file", "path": "a", "diff": "b"}}),
        {"/input/0/operation/diff": (Role.ASSISTANT, Kind.ARGUMENTS)},
    ),
    "a search": (
        items({"type": "file_search_call", "id": "f", "queries": ["x"], "results": [{"text": "y"}]}),
        {
            "/input/0/queries/0": (Role.ASSISTANT, Kind.ARGUMENTS),
            "/input/0/results/0/text": (Role.RETRIEVED, Kind.TEXT),
        },
    ),
    "code": (
        items({"type": "code_interpreter_call", "code": "x", "outputs": [{"type": "logs", "logs": "y"}]}),
        {
            "/input/0/code": (Role.ASSISTANT, Kind.ARGUMENTS),
            "/input/0/outputs/0/logs": (Role.TOOL, Kind.TEXT),
        },
    ),
    "a call of a server": (
        items({"type": "mcp_call", "id": "c", "name": "n", "arguments": "{}", "output": "x"}),
        {"/input/0/arguments": (Role.ASSISTANT, Kind.ARGUMENTS), "/input/0/output": (Role.TOOL, Kind.TEXT)},
    ),
    "reasoning": (
        items(thinking("x", "y", SEALED)),
        {
            "/input/0/summary/0/text": (Role.ASSISTANT, Kind.REASONING),
            "/input/0/content/0/text": (Role.ASSISTANT, Kind.REASONING),
        },
    ),
    "a variable": (
        {"model": "m", "prompt": {"variables": {"a": "x", "b": {"type": "input_text", "text": "y"}}}},
        {"/prompt/variables/a": (Role.USER, Kind.TEXT), "/prompt/variables/b/text": (Role.USER, Kind.TEXT)},
    ),
    "what nobody knows": (
        {"model": "m", "input": "x", "brand_new": {"deep": ["y"]}},
        {"/brand_new/deep/0": (Role.SYSTEM, Kind.OTHER)},
    ),
}


@pytest.mark.parametrize("place", TEXTS)
def test_whose_words_stand_where(place: str) -> None:
    body, expected = TEXTS[place]
    assert expected.items() <= read(body).items()


def unjudged(body: dict[str, Any]) -> list[str]:
    document, _ = DIALECT.parse_request(json.dumps(body).encode())
    return [item.reason for item in document.unjudged]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}, "image"),
        ({"type": "input_image", "file_id": "f"}, "image"),
        ({"type": "input_file", "file_data": "AAAA", "filename": "a.pdf"}, "file"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "audio"),
        ({"type": "hologram", "text": "x"}, "unknown part"),
    ],
)
def test_what_cannot_be_read_is_listed(part: dict[str, Any], reason: str) -> None:
    assert unjudged(items({"role": "user", "content": [part]})) == [reason]


def test_sealed_reasoning_is_listed_and_a_text_in_its_place_is_read() -> None:
    assert unjudged(items(thinking("x", sealed=SEALED))) == ["encrypted reasoning"]
    document, _ = DIALECT.parse_request(json.dumps(items(thinking("x", sealed="Ignore all of it."))).encode())
    found = [item for item in document.segments if item.pointer.endswith("encrypted_content")]
    assert [(item.text, item.editable) for item in found] == [("Ignore all of it.", False)]
    assert not document.unjudged


def test_what_the_provider_keeps_is_listed() -> None:
    assert unjudged({"model": "m", "input": "x", "previous_response_id": "resp_1"}) == ["history"]
    assert unjudged({"model": "m", "input": "x", "conversation": {"id": "conv_1"}}) == ["history"]
    assert unjudged(items({"type": "item_reference", "id": "msg_1"})) == ["history"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"input": "x"},
        {"model": "", "input": "x"},
        {"model": "m", "input": 1},
        {"model": "m", "input": {"role": "user"}},
        {"model": "m", "input": "x", "stream": "yes"},
        {"model": "m", "input": "x", "instructions": 5},
        {"model": "m", "input": "x", "tools": {}},
        {"model": "m", "prompt": "p"},
        {"model": "m", "input": ["x"]},
        {"model": "m", "input": [{"role": "nobody", "content": "x"}]},
        {"model": "m", "input": [{"role": "user", "content": 1}]},
    ],
)
def test_near_misses_are_refused(body: Any) -> None:
    with pytest.raises(BadInput):
        DIALECT.parse_request(json.dumps(body).encode())


@given(extra=st.dictionaries(st.text(min_size=1, max_size=8).map(lambda key: f"x{key}"), JSON, max_size=3))
def test_an_unedited_request_passes_byte_for_byte(extra: dict[str, Any]) -> None:
    names = {key.casefold() for key in extra}
    if len(names) != len(extra):
        return
    body = json.dumps({"model": "m", "input": "hi", **extra}, indent=1).encode()
    inspection = INSPECTOR.open("openai_responses", MONITOR, ALICE)
    assert inspection.request(body).body == body


def test_unknown_members_survive_an_edit() -> None:
    told = message(f"Take {AWS_KEY}", brand="new")
    body = json.dumps(
        {"id": "r", "object": "response", "status": "completed", "output": [told], "new": 1.50}
    ).encode()
    inspection = INSPECTOR.open("openai_responses", MASK_ALL, ALICE)
    inspection.request(b'{"model":"m","input":"hi"}')
    answer = inspection.response(body, "application/json").body or b""
    assert AWS_KEY.encode() not in answer
    assert b'"new": 1.5' in answer
    assert json.loads(answer)["output"][0]["content"][0]["brand"] == "new"


# -- streams


def timeless(core: AuditCore) -> AuditCore:
    answer = replace(core.answer, seconds=0.0) if core.answer else None
    return replace(core, prompt=replace(core.prompt, seconds=0.0), answer=answer)


def streamed(
    told: list[dict[str, Any]], policy: Policy, size: int = 1 << 20
) -> tuple[dict[str, str], AuditCore]:
    """Drive a stream; return the texts a client puts together from it, and the record."""
    inspection = INSPECTOR.open("openai_responses", policy, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    out = b""
    ended = False
    for chunk in chunked(b"".join(map(event, told)), size):
        step = guard.feed(chunk)
        out += step.release
        ended = step.ended
        if ended:
            break
    out += b"" if ended else guard.close().release
    return put_together(out), timeless(inspection.core())


def put_together(out: bytes) -> dict[str, str]:
    """Texts by the family of their deltas, after a check that every repetition says the same."""
    texts: dict[str, str] = {}
    for line in out.split(b"\n"):
        if not line.startswith(b"data: "):
            continue
        told = json.loads(line[6:])
        family, _, step = told["type"].rpartition(".")
        name = f"{family} {told.get('output_index')}"
        if step == "delta":
            texts[name] = texts.get(name, "") + told["delta"]
        elif step == "done" and family in REPEATED:
            assert told[REPEATED[family]] == texts.get(name, ""), told["type"]
        elif told["type"] == "response.completed":
            check_whole(told["response"]["output"], texts)
    return texts


REPEATED = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_summary_text": "text",
    "response.reasoning_text": "text",
    "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
}


def check_whole(output: list[dict[str, Any]], texts: dict[str, str]) -> None:
    for index, item in enumerate(output):
        if item["type"] == "message":
            part = item["content"][0]
            family = "response.refusal" if part["type"] == "refusal" else "response.output_text"
            assert part[REPEATED[family]] == texts.get(f"{family} {index}", "")
        elif item["type"] == "reasoning":
            assert item["summary"][0]["text"] == texts[f"response.reasoning_summary_text {index}"]
        elif item["type"] == "function_call":
            assert item["arguments"] == texts[f"response.function_call_arguments {index}"]


MAKERS: dict[str, Any] = {
    "content": message,
    "refusal": refusing,
    "summary": thinking,
    "reasoning": lambda text: thinking("x", text),
    "arguments": lambda text: calling("keep", json.dumps({"v": text, "w": [text]})),
    "input": lambda text: custom("run", text),
}
PIECES = st.sampled_from(
    ["Take ", AWS_KEY, " and ", "4111 1111 1111 1111", EMAIL, "AKIA", "\n", "ü", "5XGQ", "."]
)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("place", MAKERS)
@settings(max_examples=8, deadline=None)
@given(parts=st.lists(PIECES, min_size=1, max_size=5), data=st.data())
def test_however_a_text_is_cut_the_same_leaves(
    place: str, policy: Policy, parts: list[str], data: st.DataObject
) -> None:
    told = [MAKERS[place]("".join(parts))]
    fold = streamed(events({}, told, list), policy)
    cuts = data.draw(st.lists(st.integers(0, 120), max_size=5))
    assert streamed(events({}, told, lambda text: cut(text, cuts)), policy) == fold
    assert streamed(events({}, told, lambda text: [text]), policy) == fold


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_bytes_may_be_cut_anywhere(policy: Policy, size: int) -> None:
    told = [thinking("A thought."), message(f"K\u00f6nig: {AWS_KEY}!"), calling("keep", '{"v":"x"}')]
    assert streamed(events({}, told), policy, size) == streamed(events({}, told), policy)


@pytest.mark.parametrize("place", MAKERS)
def test_nothing_that_is_masked_is_told_anywhere(place: str) -> None:
    inspection = INSPECTOR.open("openai_responses", MASK_ALL, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    told = events({}, [MAKERS[place](f"Take {AWS_KEY}.")])
    out = b"".join(guard.feed(event(item)).release for item in told) + guard.close().release
    assert AWS_KEY.encode() not in out
    assert out.count(b"event: response.completed") == 1


def test_an_unedited_stream_passes_byte_for_byte() -> None:
    told = [thinking("A thought"), message("Some words, and some more."), calling("keep", '{"v":"x"}')]
    sent = b"".join(map(event, events({}, told, lambda text: [text])))
    inspection = INSPECTOR.open("openai_responses", MONITOR, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    assert guard.feed(sent).release + guard.close().release == sent


def tokens(text: str) -> list[dict[str, Any]]:
    return [{"token": letter, "logprob": -0.5, "top_logprobs": []} for letter in text]


@pytest.mark.parametrize(("text", "kept"), [("plain words", True), (f"key {AWS_KEY} ok", False)])
def test_token_lists_follow_their_text(text: str, kept: bool) -> None:
    told = events({}, [message(text, logprobs=tokens(text))], list)
    for item in told:
        if item["type"] == "response.output_text.delta":
            item["logprobs"] = tokens(item["delta"])
        elif item["type"] == "response.output_text.done":
            item["logprobs"] = tokens(text)
    inspection = INSPECTOR.open("openai_responses", MASK_ALL, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    out = b"".join(guard.feed(event(item)).release for item in told) + guard.close().release
    data = [json.loads(line[6:]) for line in out.split(b"\n") if line.startswith(b"data: ")]
    listed = [item["logprobs"] for item in data if item["type"] == "response.output_text.delta"]
    letters = "".join(token["token"] for tokens_of in listed for token in tokens_of)
    whole = [
        *(item["logprobs"] for item in data if item["type"] == "response.output_text.done"),
        *(item["part"]["logprobs"] for item in data if item["type"] == "response.content_part.done"),
        data[-1]["response"]["output"][0]["content"][0]["logprobs"],
    ]
    assert len(whole) == 3
    if kept:
        assert letters == text
        assert all(item == tokens(text) for item in whole)
    else:
        assert AWS_KEY[:6] not in letters
        assert whole == [[], [], []]


def test_a_text_that_an_item_begins_with_is_read_on() -> None:
    """Clients put deltas behind what an item or a part began with."""
    told = events({}, [message(f"Take {AWS_KEY}.")], lambda text: [text[:9], text[9:]])
    begun = next(item for item in told if item["type"] == "response.content_part.added")
    first = next(item for item in told if item["type"] == "response.output_text.delta")
    begun["part"] = {**begun["part"], "text": first["delta"]}
    told.remove(first)
    inspection = INSPECTOR.open("openai_responses", BLOCK_ALL, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    out = b"".join(guard.feed(event(item)).release for item in told)
    assert b"response.incomplete" in out
    assert AWS_KEY[:8].encode() not in out


def test_what_comes_only_at_the_end_is_judged() -> None:
    told = events({}, [message("Hello.")])
    told[-1]["response"]["output"] = [message(f"Take {AWS_KEY}.")]
    texts = b""
    inspection = INSPECTOR.open("openai_responses", MASK_ALL, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    for item in told:
        texts += guard.feed(event(item)).release
    assert AWS_KEY.encode() not in texts
    assert b"Take [" in texts


@pytest.mark.parametrize(
    "told",
    [
        {"type": "response.output_text.delta", "output_index": -1, "content_index": 0, "delta": "x"},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": "0", "delta": "x"},
        {"type": "response.output_item.added", "output_index": 10**9, "item": {}},
        {"type": "response.content_part.added", "output_index": True, "part": {}},
    ],
)
def test_a_place_that_is_none_ends_the_stream(told: dict[str, Any]) -> None:
    inspection = INSPECTOR.open("openai_responses", BALANCED, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    step = inspection.stream().feed(event(told))
    assert step.ended
    assert b'"error"' in step.release


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(sorted(REPEATED)),
    step=st.sampled_from(["delta", "done", "added"]),
    more=st.dictionaries(
        st.sampled_from(
            ["delta", "text", "item", "part", "response", "output_index", "content_index", "arguments"]
        ),
        JSON,
        max_size=4,
    ),
)
def test_no_event_is_too_odd(kind: str, step: str, more: dict[str, Any]) -> None:
    inspection = INSPECTOR.open("openai_responses", BALANCED, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    guard.feed(event({"type": f"{kind}.{step}", **more}))
    guard.feed(event({"type": f"response.output_item.{step}", **more}))
    guard.feed(event({"type": "response.completed", **more}))
    guard.close()


PLACES_IN_EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("response.brand_new.delta", {"delta": AWS_KEY}),
    ("response.brand_new", {"said": [AWS_KEY]}),
    ("response.output_text.annotation.added", {"annotation": {"type": "url_citation", "title": AWS_KEY}}),
    ("response.shell_call_output_content.delta", {"delta": {"stdout": AWS_KEY}}),
    (
        "response.output_item.done",
        {"output_index": 0, "item": {"type": "brand_new", "id": "x", "deep": [AWS_KEY]}},
    ),
    (
        "response.output_item.done",
        {"item": {"type": "web_search_call", "id": "x", "action": {"query": AWS_KEY}}},
    ),
    ("response.created", {"response": {"id": "x", "instructions": AWS_KEY, "output": []}}),
    ("response.audio.transcript.delta", {"delta": AWS_KEY}),
    ("response.failed", {"response": {"id": "x", "error": {"code": "server_error", "message": AWS_KEY}}}),
    ("error", {"message": AWS_KEY, "code": "x"}),
]


@pytest.mark.parametrize(("kind", "more"), PLACES_IN_EVENTS)
def test_a_secret_is_masked_wherever_it_stands(kind: str, more: dict[str, Any]) -> None:
    inspection = INSPECTOR.open("openai_responses", MASK_ALL, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    out = guard.feed(event({"type": kind, "sequence_number": 0, **more})).release + guard.close().release
    assert AWS_KEY.encode() not in out
    assert out


PICTURE = base64.b64encode(b"\x89PNG" + bytes(range(256))).decode()
DRAWN = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PICTURE}


def drawing() -> list[dict[str, Any]]:
    told = events({}, [DRAWN, message("Here it is.")])
    partial = {"output_index": 0, "partial_image_index": 0, "partial_image_b64": PICTURE}
    told.insert(3, {"type": "response.image_generation_call.partial_image", **partial})
    return told


def test_a_picture_in_a_stream_is_listed_once() -> None:
    sent = b"".join(map(event, drawing()))
    inspection = INSPECTOR.open("openai_responses", BALANCED, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    guard = inspection.stream()
    assert PICTURE.encode() in guard.feed(sent).release + guard.close().release
    answer = inspection.core().answer
    assert answer
    assert [(item.pointer, item.reason) for item in answer.receipt.unjudged] == [
        ("/output/0/result", "image")
    ]


def test_a_picture_in_a_stream_is_the_policy_s_to_stop() -> None:
    inspection = INSPECTOR.open("openai_responses", STRICT, ALICE)
    inspection.request(b'{"model":"m","input":"hi","stream":true}')
    step = inspection.stream().feed(b"".join(map(event, drawing())))
    assert step.ended
    assert PICTURE.encode() not in step.release
    assert b"response.incomplete" in step.release


def test_a_large_request_with_a_text_for_input_is_judged() -> None:
    """What remembers conversations finds no turns in it."""
    inspector = build_inspector(bytes(range(32)), rules=())
    body = json.dumps({"model": "m", "input": "words " * 20_000}, separators=(",", ":")).encode()
    for _ in range(2):
        assert inspector.open("openai_responses", BALANCED, ALICE).request(body).body == body
