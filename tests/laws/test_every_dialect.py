"""Both laws of streaming on every dialect that streams: content, arguments, reasoning, repeated texts."""

import json
import statistics
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects import DIALECTS, Asked
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.types import AuditCore
from tests.detection.prose import PROSE
from tests.detection.support import ALICE, BLOCK_ALL, DATA_RULES, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.fuzz.oracle import framed, shape_of
from tests.fuzz.test_dialects import SOCKETS
from tests.laws.lanes import LANES, Lane, plain, spelled
from tests.walls.faces import timeless

SECRET, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@kontor-nord.example"
STORY = f"So K\u00f6nig \U0001f600 said {SECRET}, and wrote to {MAIL} twice. {SECRET}"
POLICIES = {policy.name: policy for policy in (MASK_ALL, BLOCK_ALL)}
GROWING = [lane for lane in LANES if lane.grows]
_VALUES = [item for rule in DATA_RULES for item in rule.examples[:1] if len(item) < 80]
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(_VALUES),
        st.sampled_from(
            ["the ", "K\u00f6nig ", ". ", "\n", "@", '"', "\\", "password: ", "AKIA", " ", "\u200b"]
        ),
    ),
    max_size=6,
).map("".join)

type Outcome = tuple[str, list[str], bool, AuditCore]
"""What a client reads, what repeats it, whether it was stopped, and the record."""


def told(lane: Lane, parts: list[str], policy: Policy, size: int = 1 << 20) -> Outcome:
    """Stream a text in these parts, cut into chunks of some size."""
    material = lane.material
    inspection = INSPECTOR.open(material.dialect, policy, ALICE)
    if material.requests:
        inspection.request(plain(lane), material.addressed)
    shape = shape_of(material)
    out = run(inspection, chunked(framed(shape, lane.frames(parts)), size))
    frames = _frames(lane, out)
    core = timeless(inspection.core())
    return (
        lane.said(frames),
        lane.repeated(frames),
        core.answer is not None and core.answer.action.name == "BLOCK",
        core,
    )


def _frames(lane: Lane, out: bytes) -> list[Any]:
    parser = shape_of(lane.material).framing.parser()
    events = [*parser.feed(out)]
    last = parser.close()
    datas = [event.data for event in (*events, *([last] if last else [])) if event.data]
    return [json.loads(data) for data in datas if data not in (b"[DONE]", b"]")]


@cache
def _fold(lane: Lane, policy: str, text: str) -> Outcome:
    return told(lane, list(text), POLICIES[policy])


def test_no_dialect_that_streams_is_without_its_laws() -> None:
    judged = DIALECTS.keys() - SOCKETS
    streaming = {name for name in judged if DIALECTS[name].stream(Asked("m", stream=True)) is not None}
    assert {lane.material.dialect for lane in LANES} == streaming
    assert {lane.material.dialect for lane in LANES if not lane.grows} == {
        "mcp",
        "openai_images",
        "openai_speech",
    }
    assert {lane.material.dialect for lane in LANES if lane.name == "arguments"} >= {
        "openai_chat", "openai_responses", "anthropic", "mistral_agents", "mistral_conversations",
        "cohere_chat", "bedrock_converse", "bedrock_invoke", "gemini", "gemini_interactions",
    }  # fmt: skip
    assert {lane.material.dialect for lane in LANES if lane.again} == {
        "openai_responses", "openai_conversations", "openai_forms", "openai_files", "cohere_chat_v1",
        "gemini_interactions",
    }  # fmt: skip


@pytest.mark.parametrize("lane", GROWING, ids=str)
@pytest.mark.parametrize("policy", POLICIES)
def test_what_leaves_and_the_record_do_not_depend_on_cuts(lane: Lane, policy: str) -> None:
    text = spelled(lane, STORY)
    fold = _fold(lane, policy, text)
    said, again, blocked, core = fold
    assert SECRET not in said
    assert core.answer is not None
    assert core.answer.decided
    assert blocked is (policy == BLOCK_ALL.name or lane.signed)
    if not blocked:
        assert again == [said] * len(lane.again)
    for cuts in ([7, 19, 23], [len(text) - 3]):
        assert told(lane, cut(text, cuts), POLICIES[policy]) == fold


@pytest.mark.parametrize("lane", LANES, ids=str)
@pytest.mark.parametrize("policy", POLICIES)
def test_bytes_may_be_cut_anywhere(lane: Lane, policy: str) -> None:
    text = spelled(lane, STORY)
    parts = cut(text, [7, 19, 23, len(text) - 3]) if lane.grows else [text]
    whole = told(lane, parts, POLICIES[policy])
    for size in (1, 61):
        assert told(lane, parts, POLICIES[policy], size) == whole


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lane", GROWING, ids=str)
@settings(max_examples=150, deadline=None)
@given(text=TEXTS, cuts=st.lists(st.integers(0, 120), max_size=6), policy=st.sampled_from(list(POLICIES)))
def test_any_text_any_cuts(lane: Lane, text: str, cuts: list[int], policy: str) -> None:
    whole = spelled(lane, text)
    pieces = list(whole) or [""]
    assert told(lane, cut(whole, cuts), POLICIES[policy]) == told(lane, pieces, POLICIES[policy])


@pytest.mark.parametrize("lane", [lane for lane in GROWING if lane.name != "arguments"], ids=str)
def test_ordinary_prose_waits_for_the_end_of_its_word_at_most(lane: Lane) -> None:
    material = lane.material
    words = [f"{word} " for word in PROSE.split()[:40]]
    inspection = INSPECTOR.open(material.dialect, BALANCED, ALICE)
    if material.requests:
        inspection.request(plain(lane), material.addressed)
    guard, shape = inspection.stream(), shape_of(material)
    parser = shape.framing.parser()

    def write(frame: Any) -> bytes:
        return parser.join([shape.framing.write(frame)])

    for frame in lane.begin:
        guard.feed(write(frame))
    came, held = b"", []
    given = ""
    for word in words:
        given += word
        came += guard.feed(write(lane.piece(word))).release
        said = lane.said(_frames_so_far(lane, came))
        held.append(len(given) - len(said))
    assert statistics.median(held) <= 1
    assert max(held) <= max(map(len, words))


def _frames_so_far(lane: Lane, came: bytes) -> list[Any]:
    parser = shape_of(lane.material).framing.parser()
    if came.lstrip().startswith(b",") and type(parser).__name__ == "ArrayParser":
        came = b"[" + came.lstrip()[1:]
    return [json.loads(event.data) for event in parser.feed(came) if event.data]
