"""Calls of tools in streams: all of one leaves, or nothing does, and the rest of the stream never waits."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sluicegate.detection import held_calls, json_channel
from sluicegate.detection.inspection import StreamGuard
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import MONITOR
from sluicegate.detection.surrender import Surrenders
from tests.detection.support import (
    ALICE,
    BLOCK_ALL,
    INSPECTOR,
    MASK_ALL,
    arguments_of,
    begin,
    frame,
    frames_of,
    text_of,
)
from tests.fuzz.oracle import framed, shape_of
from tests.laws.lanes import LANES, Lane, plain

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
DONE = b"data: [DONE]\n\n"
CALLS = [lane for lane in LANES if lane.name == "arguments"]
STOPPED = (
    pytest.param(['{"to": "', f"x {SECRET} y", '"}'], id="in a value"),
    pytest.param([f'{{"to": "{SECRET}"}}'], id="in one piece"),
    pytest.param(['{"', SECRET, '": 1}'], id="as a key"),
)


def named(name: str, **function: Any) -> dict[str, Any]:
    """The beginning of a call of a chat."""
    return {
        "tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": name, **function}}]
    }


def more(arguments: str, index: int = 0) -> dict[str, Any]:
    """A piece of a call of a chat."""
    return {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}


def guard_of(lane: Lane, policy: Policy) -> StreamGuard:
    inspection = INSPECTOR.open(lane.material.dialect, policy, ALICE)
    if lane.material.requests:
        inspection.request(plain(lane), lane.material.addressed)
    return inspection.stream()


def releases(guard: StreamGuard, events: list[bytes]) -> Iterator[bytes]:
    """What leaves at each event, until the end."""
    for event in events:
        step = guard.feed(event)
        yield step.release
        if step.ended:
            return
    yield guard.close().release


@pytest.mark.parametrize("parts", STOPPED)
@pytest.mark.parametrize("lane", CALLS, ids=str)
def test_a_call_that_is_stopped_was_never_told(lane: Lane, parts: list[str]) -> None:
    stream = framed(shape_of(lane.material), lane.frames(parts))
    out = b"".join(releases(guard_of(lane, BLOCK_ALL), [stream]))
    assert out
    assert b'send"' not in out
    assert b"x " not in out
    assert SECRET.encode() not in out


@pytest.mark.parametrize("lane", CALLS, ids=str)
def test_a_call_that_may_leave_does_so_as_it_came_and_at_once_when_it_ended(lane: Lane) -> None:
    shape = shape_of(lane.material)
    parts = ["Be ", "rn "] if lane.material.dialect == "gemini" else ["{", '"to": "Bern"', "}"]
    frames = lane.frames(parts)
    events = [shape.framing.write(tree) for tree in frames]
    if lane.material.name == "gemini, json_array":
        events = [b"[" + events[0].lstrip(b",\n"), *events[1:]]
    came = list(releases(guard_of(lane, BLOCK_ALL), events))
    assert b"".join(came) == b"".join(events)
    told = len(lane.begin) + len(parts)
    assert b'send"' not in b"".join(came[:told])
    assert came[told]


def test_a_call_without_arguments_that_is_stopped_is_not_told_either() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    events = [
        frame(named("drop_all", arguments="")),
        frame({"content": f"{SECRET} "}),
        frame({}, reason="stop"),
    ]
    out = b"".join(releases(inspection.stream(), events))
    assert b"drop_all" not in out
    assert frames_of(out)[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_a_call_that_comes_whole_with_the_end_is_told_whole_or_not_at_all() -> None:
    for secret in ("Bern", SECRET):
        inspection, _ = begin(policy=BLOCK_ALL)
        whole = frame(
            {"content": "", **named("send", arguments=f'{{"to": "{secret}"}}')}, reason="tool_calls"
        )
        out = b"".join(releases(inspection.stream(), [whole, DONE]))
        assert (out == whole + DONE) is (secret == "Bern")
        assert (b"send" in out) is (secret == "Bern")


def test_a_call_whose_name_comes_alone_waits_too() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    events = [frame(named("send")), frame(more('{"to": "Bern"}'))]
    assert [guard.feed(event).release for event in events] == [b"", b""]
    last = frame({}, reason="tool_calls")
    assert guard.feed(last).release == b"".join([*events, last])


@pytest.mark.parametrize("arguments", [None, {}, 5])
def test_a_frame_that_only_speaks_of_a_call_has_no_place_for_its_arguments(arguments: Any) -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    last: dict[str, Any] = {"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}
    events = [
        frame(named("send")),
        frame(more('{"to": "AKIA5X')),
        frame(last),
        frame(last, reason="tool_calls"),
    ]
    out = b"".join(releases(inspection.stream(), [*events, DONE]))
    assert arguments_of(out.replace(json.dumps(last["tool_calls"]).encode(), b"[]")) == '{"to": "AKIA5X'


def test_a_call_of_the_old_kind_waits_too() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    assert guard.feed(frame({"function_call": {"name": "send", "arguments": ""}})).release == b""
    out = guard.feed(frame({"function_call": {"arguments": f'{{"to": "{SECRET}"}}'}})).release
    assert b"send" not in out
    assert frames_of(out)[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_texts_and_what_else_a_stream_says_do_not_wait_for_a_call() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    guard.feed(frame(named("send", arguments="")))
    guard.feed(frame(more('{"to": "')))
    flowing = [
        frame({"content": "meanwhile "}, choice=1),
        frame({"content": "more "}),
        b": still here\n\n",
        b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n',
    ]
    for event in flowing:
        assert guard.feed(event).release == event


def test_a_text_in_a_frame_that_waits_leaves_in_its_place() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    first = frame({"role": "assistant", "content": "One ", **named("send", arguments='{"to": ')})
    out = guard.feed(first).release + guard.feed(frame({"content": "two "})).release
    assert text_of(out) == "One two "
    assert arguments_of(out) == ""
    out += guard.feed(frame(more('"Bern"}'))).release + guard.feed(frame({}, reason="tool_calls")).release
    assert text_of(out) == "One two "
    assert arguments_of(out) == '{"to": "Bern"}'


def test_a_choice_whose_end_waits_is_ended_by_a_stop() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    guard.feed(frame(named("send", arguments='{"to": "Bern"}')))
    guard.feed(frame(named("send", arguments='{"to": "'), choice=1))
    assert guard.feed(frame({}, reason="tool_calls")).release == b""
    out = guard.feed(frame(more(f'{SECRET}"}}'), choice=1)).release
    ends = [item for body in frames_of(out) for item in body["choices"] if item["finish_reason"]]
    assert {item["index"]: item["finish_reason"] for item in ends} == {
        0: "content_filter",
        1: "content_filter",
    }


def test_a_masked_call_is_told_with_what_stands_for_the_value() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    events = [
        frame(named("send", arguments="")),
        frame(more('{"to": "AKIA5X')),
        frame(more('GQ7R2MZN4CTYLB"}')),
    ]
    out = b"".join(releases(inspection.stream(), [*events, frame({}, reason="tool_calls"), DONE]))
    assert json.loads(arguments_of(out)) == {"to": "[AwsKey]"}


def test_a_stream_that_breaks_off_tells_of_no_call() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    guard.feed(frame(named("send", arguments='{"to": "')))
    out = guard.fault("The upstream broke off.")
    assert b"send" not in out
    assert b"broke off" in out


def test_a_stream_that_ends_without_its_end_is_told_as_it_came() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    events = [frame(named("send", arguments='{"to": ')), frame(more('"Bern"}'))]
    assert [guard.feed(event).release for event in events] == [b"", b""]
    assert guard.close().release == b"".join(events)


def test_only_so_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_calls, "LARGEST", 2000)
    inspection, _ = begin(policy=BLOCK_ALL)
    events = [frame(named("send", arguments='{"to": "')), *[frame(more("so "))] * 100]
    out = list(releases(inspection.stream(), events))
    assert len(out) < 20
    assert frames_of(b"".join(out))[-1]["error"]["code"] == "upstream_protocol"
    assert b"so " not in b"".join(out)
    answer = inspection.core().answer
    assert answer is not None
    assert [item.reason for item in answer.receipt.unjudged] == ["upstream_protocol"]


def test_arguments_that_hold_too_much_end_the_stream_whatever_its_frames_are_read_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_channel, "MOST_MARKS", 20)
    inspection, _ = begin(policy=BLOCK_ALL)
    events = [frame(named("send", arguments="[")), *[frame(more("1, "))] * 40]
    out = b"".join(releases(inspection.stream(), events))
    assert "error" in frames_of(out)[-1]


def test_a_policy_that_only_records_lets_calls_pass_at_once() -> None:
    inspection, _ = begin(policy=MONITOR)
    guard = inspection.stream()
    for event in (frame(named("send", arguments="")), frame(more('{"to": "'))):
        assert guard.feed(event).release == event


def test_what_waits_of_a_call_is_given_back_where_judging_fails() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    assert isinstance(guard, Surrenders)
    events = [frame(named("send", arguments='{"to": "')), frame(more("Bern"))]
    for event in events:
        guard.feed(event)
    held = guard.held()
    guard.feed(frame(more(' and"}')))
    out = guard.surrender(held)
    assert out.startswith(events[0])
    assert arguments_of(out) == '{"to": "Bern'


def test_a_refusal_of_responses_stands_where_the_call_would_have_stood() -> None:
    lane = next(item for item in CALLS if str(item) == "openai_responses arguments")
    stream = framed(shape_of(lane.material), lane.frames(['{"to": "', SECRET, '"}']))
    out = b"".join(releases(guard_of(lane, BLOCK_ALL), [stream]))
    added = [tree for tree in frames_of(out) if tree["type"] == "response.output_item.added"]
    assert [(tree["output_index"], tree["item"]["type"]) for tree in added] == [(0, "message")]
    assert frames_of(out)[-1]["type"] == "response.incomplete"


def test_arguments_of_responses_that_are_told_only_at_their_end_are_judged() -> None:
    lane = next(item for item in CALLS if str(item) == "openai_responses arguments")
    for said, policy in ((SECRET, BLOCK_ALL), ("Bern", BLOCK_ALL), (SECRET, MASK_ALL)):
        text = json.dumps({"to": said})
        events = [shape_of(lane.material).framing.write(tree) for tree in (*lane.begin, *lane.end(text))]
        out = b"".join(releases(guard_of(lane, policy), events))
        assert (b"Bern" in out) is (said == "Bern")
        assert SECRET.encode() not in out
        assert (b"[AwsKey]" in out) is (policy is MASK_ALL)


def test_blocks_of_anthropic_that_were_never_opened_are_not_closed() -> None:
    lane = next(item for item in CALLS if str(item) == "anthropic arguments")
    stream = framed(shape_of(lane.material), lane.frames(['{"to": "', SECRET, '"}']))
    out = b"".join(releases(guard_of(lane, BLOCK_ALL), [stream]))
    assert [tree["type"] for tree in frames_of(out)] == ["message_start", "message_delta", "message_stop"]
