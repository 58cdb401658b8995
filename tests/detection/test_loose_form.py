"""Frames that differ in more than their text: numbers and times are let through as what they must be."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluicegate.detection import frame_forms, frame_guard
from sluicegate.detection.channels import Channels
from sluicegate.detection.dialects import Slot
from sluicegate.detection.frame_form import FrameForm
from sluicegate.detection.growing import Growing
from sluicegate.detection.inspection import Step
from sluicegate.detection.json_read import Parsed, parse
from sluicegate.detection.judge import Ledger, Scope
from sluicegate.detection.loose_form import loose_form_of
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.types import Direction, Kind, Role, Segment, Verdict
from sluicegate.detection.vault import Vault
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, WAYS, Way, looked

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
TIME = "2026-01-01T00:00:00.{:06}Z"
LATER = "2026-01-01T00:00:01.5+01:00"
POLICIES = st.sampled_from([MASK_ALL, BLOCK_ALL, BALANCED])
PARTS = st.lists(
    st.sampled_from(
        ["Hello ", "K\u00f6nig ", '"', "\\", "\n", SECRET[:9], SECRET[9:], SECRET + " ", "\u4f60", ""]
    ),
    max_size=12,
)


def a_form() -> FrameForm:
    raw = b'{"n":7,"t":"old","at":"2026-01-01T00:00:00Z","o":"aB1"}\n'
    scope = Scope(BALANCED, Vault(bytes(32)), bytes(32), set())
    slot = Slot(0, "/a", "/t", "old", Kind.TEXT)
    segment = Segment("", "/a", Role.ASSISTANT, Kind.TEXT, Direction.ANSWER)
    growing = Growing(slot, Channels(Ruleset(()), scope, Ledger(), whole=False).open(segment))
    return loose_form_of(raw, raw[:-1], json.loads(raw), slot, growing, ("/n", "/at", "/o", "/none"))


def event(
    number: str = "8", text: str = "new", at: str = "2026-01-01T00:00:01.5+01:00", o: str = "x"
) -> bytes:
    return f'{{"n":{number},"t":"{text}","at":"{at}","o":"{o}"}}\n'.encode()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(event(), "new", id="all differ"),
        pytest.param(event("999999"), "new", id="number"),
        pytest.param(event(text='\\",\\"at\\":\\"'), '","at":"', id="text like what follows"),
        pytest.param(event(text="\\u00e9\\\\"), "\u00e9\\", id="escapes"),
        pytest.param(event(text=""), "", id="no text"),
        pytest.param(event("1234567"), None, id="number of somebody"),
        pytest.param(event("-1"), None, id="negative"),
        pytest.param(event("07"), None, id="no JSON number"),
        pytest.param(event("1.5"), None, id="fraction"),
        pytest.param(event('1,"x":"words"'), None, id="a member more"),
        pytest.param(event(at="yesterday"), None, id="no time"),
        pytest.param(event(at="2026-01-01T00:00:00.1234567890Z"), None, id="a time that says more"),
        pytest.param(event(o="x-y"), None, id="padding that says more"),
        pytest.param(event(o=""), None, id="no padding"),
        pytest.param(event(text='a","t":"b'), None, id="text twice"),
        pytest.param(event(text="a\\"), None, id="an escaped end"),
        pytest.param(event() * 2, None, id="two events"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_a_frame_is_read_only_from_its_form(given: bytes, text: str | None) -> None:
    form = a_form()
    assert form.read(given) == text
    if text is not None:
        assert json.loads(form.data(given) or b"") == json.loads(given)
        assert json.loads(form.event("other", given)) == {**json.loads(given), "t": "other"}


def responses(parts: list[str]) -> list[bytes]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    trees: list[Any] = [
        {"type": "response.created", "response": {"id": "resp_1", "object": "response", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": part},
        *({"type": "response.output_text.delta", **place, "delta": text, "logprobs": []} for text in parts),
        {"type": "response.output_text.done", **place, "text": "".join(parts), "logprobs": []},
        {"type": "response.completed", "response": {"id": "resp_1", "object": "response", "output": []}},
    ]
    written: list[bytes] = []
    for number, tree in enumerate(trees):
        data = json.dumps({"type": tree["type"], "sequence_number": number, **tree})
        written.append(f"event: {tree['type']}\ndata: {data}\n\n".encode())
    return written


def ollama(parts: list[str]) -> list[bytes]:
    lines: list[Any] = [{"message": {"role": "assistant", "content": text}, "done": False} for text in parts]
    lines.append({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"})
    head = [{"model": "m", "created_at": TIME.format(number)} for number in range(len(lines))]
    return [json.dumps({**begin, **line}).encode() + b"\n" for begin, line in zip(head, lines, strict=True)]


STREAMS = {"openai_responses": responses, "ollama_chat": ollama}


def released(
    dialect: str, chunks: list[bytes], policy: Policy, way: Way = looked
) -> tuple[list[tuple[bytes, bool]], Verdict]:
    inspection = INSPECTOR.open(dialect, policy, ALICE)
    ask: dict[str, Any] = {"model": "m", "stream": True, "input": "hi"}
    if dialect == "ollama_chat":
        ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    inspection.request(json.dumps(ask).encode())
    guard = inspection.stream()
    seen = [_named(step) for step in (*(way(guard, chunk) for chunk in chunks), guard.close())]
    answer = inspection.core().answer
    assert answer
    return seen, replace(answer, seconds=0.0)


def _named(step: Step) -> tuple[bytes, bool]:
    """Give what is named by chance and by the clock the same name."""
    return re.sub(rb"msg_[0-9a-f]{32}|(?<=created_at\":)\d+", b"0", step.release), step.ended


@pytest.mark.parametrize("dialect", STREAMS)
@settings(max_examples=40, deadline=None)
@given(parts=PARTS, policy=POLICIES, joined=st.integers(1, 3))
@example(parts=["One ", "two ", "three ", SECRET + " "], policy=BLOCK_ALL, joined=1)
@example(parts=["One ", "two ", "three ", SECRET + " "], policy=MASK_ALL, joined=1)
def test_a_stream_comes_to_the_same_as_when_every_frame_is_read(
    dialect: str, parts: list[str], policy: Policy, joined: int
) -> None:
    events = STREAMS[dialect](parts)
    chunks = [b"".join(events[at : at + joined]) for at in range(0, len(events), joined)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame_forms, "_MOST_TRIES", 0)
        slow = released(dialect, chunks, policy)
    assert [released(dialect, chunks, policy, way) for way in WAYS] == [slow, slow]


@pytest.mark.parametrize("dialect", STREAMS)
def test_forms_are_used_where_frames_are_alike(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def counted(body: bytes) -> Parsed:
        read.append(body)
        return parse(body)

    monkeypatch.setattr(frame_guard, "parse", counted)
    parts = [f"word{number} " for number in range(50)]
    events = STREAMS[dialect](parts)
    steps, _ = released(dialect, events, MASK_ALL)
    assert b"".join(release for release, _ in steps) == b"".join(events)
    assert len(read) < 12
