"""Streams of Gemini: how frames are read, and both laws for texts, thoughts and arguments."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects import Addressed, Asked
from sluicegate.detection.dialects.gemini_stream import GeminiStream
from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import AuditCore, Kind
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.detection.test_law_split import timeless

KEY, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@example.org"
USAGE = {"promptTokenCount": 3, "totalTokenCount": 5}
REQUEST = json.dumps({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}).encode()
POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]


def frame(*parts: Any, choice: int = 0, **more: Any) -> dict[str, Any]:
    told = {"content": {"parts": list(parts), "role": "model"}, "index": choice, **more}
    return {"candidates": [told], "usageMetadata": USAGE, "modelVersion": "m"}


def thought(text: str) -> dict[str, Any]:
    return {"text": text, "thought": True}


def argument(text: str, *, more: bool = True, path: str = "$.to") -> dict[str, Any]:
    piece = {"jsonPath": path, "stringValue": text, "willContinue": more}
    return {"functionCall": {"partialArgs": [piece], "willContinue": True}}


BEGUN = {"functionCall": {"name": "send", "willContinue": True}}
END = frame({"text": ""}, finishReason="STOP")


def events(frames: Iterable[Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(told).encode() + b"\r\n\r\n" for told in frames)


def array(frames: Iterable[Any]) -> bytes:
    return b"[" + b",\r\n".join(json.dumps(told).encode() for told in frames) + b"\r\n]\r\n"


def streamed(
    frames: list[Any], policy: Policy = MASK_ALL, size: int = 1 << 20, *, framing: str = "sse"
) -> tuple[list[Any], AuditCore]:
    """Drive a whole stream; return the frames that left and the record."""
    inspection = INSPECTOR.open("gemini", policy, ALICE)
    inspection.request(REQUEST, Addressed("gemini-2.5-pro", stream=True, framing=framing))
    raw = array(frames) if framing == "json_array" else events(frames)
    out = run(inspection, chunked(raw, size))
    if framing == "json_array":
        return json.loads(out), timeless(inspection.core())
    return [json.loads(told[6:]) for told in out.splitlines() if told], timeless(inspection.core())


def parts_of(frames: list[Any], choice: int = 0) -> list[dict[str, Any]]:
    """The parts of a candidate, as a client puts them together."""
    whole: list[dict[str, Any]] = []
    for candidate in [item for told in frames for item in told.get("candidates", ())]:
        if candidate.get("index", 0) == choice:
            for part in candidate.get("content", {}).get("parts", ()):
                _add(whole, json.loads(json.dumps(part)))
    return whole


def _add(whole: list[dict[str, Any]], part: dict[str, Any]) -> None:
    last = whole[-1] if whole else {}
    if part.get("text") == "":
        return
    if "text" in part and "text" in last and part.get("thought") == last.get("thought"):
        last["text"] += part["text"]
    elif "functionCall" in part and not part["functionCall"].get("name") and "functionCall" in last:
        values = last["functionCall"].setdefault("values", {})
        for piece in part["functionCall"].get("partialArgs", ()):
            path = piece["jsonPath"]
            values[path] = values.get(path, "") + piece["stringValue"]
    else:
        whole.append(part)


def reasons(frames: list[Any]) -> list[str]:
    found = [item for told in frames for item in told.get("candidates", ())]
    return [item["finishReason"] for item in found if "finishReason" in item]


LEAK = f"The key is {KEY}; write to {MAIL}. "


def story(texts: list[str], thoughts: list[str], values: list[str]) -> list[Any]:
    """A stream that thinks, speaks, calls a tool in pieces and speaks again."""
    last = len(values) - 1
    return [
        *(frame(thought(piece)) for piece in thoughts),
        *(frame({"text": piece}) for piece in texts),
        frame(BEGUN),
        *(frame(argument(piece, more=at < last)) for at, piece in enumerate(values)),
        frame({"functionCall": {}}),
        frame({"text": "So long. "}),
        END,
    ]


TEXTS = (LEAK, f"So {LEAK}", LEAK.strip())


@cache
def fold_of(policy: str) -> tuple[list[Any], AuditCore]:
    chosen = MASK_ALL if policy == MASK_ALL.name else BLOCK_ALL
    return streamed(story(*(list(text) for text in TEXTS)), chosen)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.lists(st.integers(0, 80), max_size=6), min_size=3, max_size=3))
def test_texts_thoughts_and_arguments_any_cuts(policy: Policy, cuts: list[list[int]]) -> None:
    fold, core = fold_of(policy.name)
    told, other = streamed(story(*(cut(text, at) for text, at in zip(TEXTS, cuts, strict=True))), policy)
    assert parts_of(told) == parts_of(fold)
    assert other == core
    assert KEY not in json.dumps(told)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("framing", ["sse", "json_array"])
def test_bytes_cut_anywhere(policy: Policy, framing: str) -> None:
    frames = story([f"K\u00f6nig \U0001f600 {LEAK}"], ["hm "], ["x"])
    whole = streamed(frames, policy, framing=framing)
    for size in (1, 2, 7, 64):
        assert streamed(frames, policy, size, framing=framing) == whole


@pytest.mark.parametrize("policy", POLICIES)
def test_both_framings_say_the_same(policy: Policy) -> None:
    frames = story([LEAK], [LEAK], [LEAK])
    assert streamed(frames, policy) == streamed(frames, policy, framing="json_array")


def test_only_the_end_of_a_text_is_held_and_other_parts_flow_at_once() -> None:
    inspection = INSPECTOR.open("gemini", MASK_ALL, ALICE)
    inspection.request(REQUEST, Addressed("m", stream=True, framing="sse"))
    guard = inspection.stream()
    first = events([frame({"text": "A word and "})])
    assert guard.feed(first).release == first
    assert b"text" not in guard.feed(events([frame({"text": "pass"})])).release
    call = events([frame({"functionCall": {"name": "send", "args": {"to": "Bern"}}})])
    released = guard.feed(call).release
    assert released.endswith(call)
    assert b'"text":"pass"' in released


def test_an_unchanged_stream_passes_byte_for_byte() -> None:
    frames = story(["All ", "is well. "], ["Hm. "], ["Bern. "])
    inspection = INSPECTOR.open("gemini", MASK_ALL, ALICE)
    inspection.request(REQUEST, Addressed("m", stream=True, framing="sse"))
    assert run(inspection, [events(frames)]) == events(frames)


def test_the_parts_of_several_candidates_are_kept_apart() -> None:
    frames = [
        frame({"text": KEY[:9]}, choice=0),
        frame({"text": KEY[9:]}, choice=1),
        frame({"text": KEY[9:] + " "}, choice=0),
        frame({"text": ""}, choice=1, finishReason="STOP"),
        END,
    ]
    told, _ = streamed(frames)
    assert parts_of(told) == [{"text": "[AwsKey] "}]
    assert parts_of(told, 1) == [{"text": KEY[9:]}]
    blocked, _ = streamed(frames, BLOCK_ALL)
    assert reasons(blocked) == ["SAFETY", "SAFETY"]


def test_token_lists_and_grounded_passages_follow_their_text() -> None:
    def tokens(text: str) -> dict[str, Any]:
        return {"chosenCandidates": [{"token": text, "logProbability": -0.1}]}

    def told_of(text: str) -> list[Any]:
        grounding = {"groundingSupports": [{"segment": {"text": text[:14]}}], "webSearchQueries": ["q"]}
        pieces = [text[:8], text[8:]]
        frames = [frame({"text": piece}, logprobsResult=tokens(piece)) for piece in pieces]
        return [*frames, frame({"text": ""}, groundingMetadata=grounding, finishReason="STOP")]

    clean, _ = streamed(told_of("Nothing to see here. "))
    assert clean == told_of("Nothing to see here. ")
    told, _ = streamed(told_of(f"{KEY} is it. "))
    assert told[-1]["candidates"][0]["groundingMetadata"] == {
        "groundingSupports": [],
        "webSearchQueries": ["q"],
    }
    assert KEY[:8] not in json.dumps(told)
    assert KEY[8:] not in json.dumps(told)


def test_an_odd_frame_hides_nothing() -> None:
    odd = [
        {"promptFeedback": {"blockReasonMessage": KEY}},
        {"error": {"code": 500, "message": KEY}},
        frame({"text": "a "}, finishMessage=KEY),
        frame({"executableCode": {"code": KEY}}),
        frame({"text": "b ", "partMetadata": {"note": KEY}}),
        {**frame({"text": "c "}), "usageMetadata": {"note": KEY}},
        frame(argument("x", path=f"$.{KEY}")),
        frame({"text": KEY, "thought": True, "thoughtSignature": "c2ln"}),
    ]
    for told in odd:
        frames, core = streamed([told], BLOCK_ALL)
        assert KEY not in json.dumps(frames)
        assert core.answer
        assert core.answer.decided


@pytest.mark.parametrize(
    "told",
    [
        {"candidates": [{"content": "x"}]},
        {"candidates": [{"content": {"parts": "x"}}]},
        frame("x"),
        frame({"text": "x", "functionCall": {"name": "f"}}),
        frame({"functionCall": {}, "function_call": {}}),
        frame({"functionCall": {"partialArgs": ["x"]}}),
        frame({"text": "x"}, choice=-1),
        frame({"text": "x"}, choice=1000),
        {"candidates": [*frame({"text": "x"})["candidates"], *frame({"text": "y"})["candidates"]]},
    ],
)
def test_what_two_clients_could_read_differently_ends_the_stream(told: Any) -> None:
    frames, core = streamed([frame({"text": "Hello. "}), told, END])
    assert frames[-1]["error"]["code"] == 502
    assert parts_of(frames) == [{"text": "Hello. "}]
    assert core.answer
    assert core.answer.receipt.unjudged


def test_nothing_follows_the_end_of_an_argument() -> None:
    frames, _ = streamed([frame(BEGUN), frame(argument(KEY[:9], more=False)), frame(argument(KEY[9:]))])
    assert "error" in frames[-1]
    assert KEY[9:] not in json.dumps(frames)


def test_targets_are_places_in_the_whole_answer() -> None:
    shape = GeminiStream(Asked("m"))
    read = [shape.read(told) for told in story(["a"], ["b"], ["c", "d"])]
    targets = [(slot.target, slot.kind) for got in read for slot in got.slots]
    root = "/candidates/0/content/parts"
    assert list(dict.fromkeys(targets)) == [
        (f"{root}/0/text", Kind.REASONING),
        (f"{root}/1/text", Kind.TEXT),
        (f"{root}/2/functionCall/args", Kind.ARGUMENTS),
        (f"{root}/2/functionCall/args/$.to", Kind.ARGUMENTS),
        (f"{root}/3/text", Kind.TEXT),
    ]
    with pytest.raises(UpstreamFault):
        shape.read({"candidates": ["x"]})
