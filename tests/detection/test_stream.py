"""The stream guard, frame by frame: what waits, what flows at once, and how a stream is ended."""

import json
from typing import Any

import pytest

from sluicegate.detection import growth
from sluicegate.detection.inspection import Step
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.presets import MONITOR
from sluicegate.detection.types import Action, Direction, Level
from tests.detection.support import (
    BLOCK_ALL,
    MASK_ALL,
    arguments_of,
    begin,
    call_stream,
    chat,
    chunked,
    frame,
    frames_of,
    run,
    text_of,
    text_stream,
)

KEY = "AKIA5XGQ7R2MZN4CTYLB"
DONE = b"data: [DONE]\n\n"


def test_text_waits_for_the_end_of_its_word_only() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    guard = inspection.stream()
    assert text_of(guard.feed(frame({"content": "The answer "})).release) == "The answer "
    assert guard.feed(frame({"content": "AKIA5X"})).release == b""
    assert text_of(guard.feed(frame({"content": " is not a key"})).release).startswith("AKIA5X is not a ")
    assert text_of(guard.feed(frame({}, reason="stop")).release).strip() == "key"


@pytest.mark.parametrize(
    "flowing",
    [
        pytest.param(frame({"role": "assistant", "content": ""}), id="role"),
        pytest.param(b": keep-alive\n\n", id="comment"),
        pytest.param(b"event: ping\ndata: {}\n\n", id="empty object"),
        pytest.param(
            b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n', id="usage"
        ),
    ],
)
def test_what_is_not_text_flows_at_once_and_unchanged(flowing: bytes) -> None:
    inspection, _ = begin(policy=MASK_ALL)
    guard = inspection.stream()
    guard.feed(frame({"content": "held AKIA5X"}))
    assert guard.feed(flowing).release == flowing


def test_a_secret_over_three_chunks_never_leaves() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, [text_stream(["It is AKIA5X", "GQ7R2MZN", "4CTYLB, yes"])])
    assert text_of(out) == "It is [AwsKey], yes"
    assert b"GQ7R2MZN" not in out


def test_a_block_stops_all_choices_in_the_dialects_words() -> None:
    inspection, _ = begin(chat("hi", n=2), policy=BLOCK_ALL)
    guard = inspection.stream()
    guard.feed(frame({"content": "one "}, 0) + frame({"content": "two "}, 1))
    step = guard.feed(frame({"content": f"{KEY} "}, 1) + frame({"content": "later "}, 0))
    assert step.ended
    frames = frames_of(step.release)
    reasons = {item["index"]: item["finish_reason"] for item in frames[-1]["choices"]}
    assert reasons == {0: "content_filter", 1: "content_filter"}
    assert step.release.endswith(DONE)
    assert b"later" not in step.release
    assert guard.feed(frame({"content": "more"})).release == b""
    assert guard.close().release == b""
    assert inspection.core().action is Action.BLOCK


def test_what_left_before_a_block_is_what_stood_before_the_match() -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    assert text_of(run(inspection, [text_stream([f"Here: {KEY} and much more"])])) == "Here: "


def test_choices_are_judged_apart() -> None:
    inspection, _ = begin(chat("hi", n=2), policy=MASK_ALL)
    out = run(
        inspection,
        [
            frame({"content": KEY[:9]}, 0)
            + frame({"content": KEY[9:]}, 1)
            + frame({"content": KEY[9:]}, 0)
            + frame({"content": KEY[:9]}, 1)
            + frame({}, 0, "stop")
            + frame({}, 1, "stop")
            + DONE
        ],
    )
    assert text_of(out, choice=0) == "[AwsKey]"
    assert text_of(out, choice=1) == KEY[9:] + KEY[:9]


@pytest.mark.parametrize("field", ["content", "refusal", "reasoning_content", "reasoning", "some_new_text"])
def test_every_growing_text_is_judged(field: str) -> None:
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, [text_stream(["Use ", KEY[:7], KEY[7:], " now"], field)])
    assert text_of(out, field) == "Use [AwsKey] now"


def test_text_in_an_unknown_structure_is_judged() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    parts = [frame({"details": [{"type": "t", "text": part}]}) for part in (KEY[:7], KEY[7:])]
    out = run(inspection, [*parts, frame({}, reason="stop") + DONE])
    texts = [
        item["delta"]["details"][0].get("text", "")
        for body in frames_of(out)
        for item in body["choices"]
        if item["delta"]
    ]
    assert "".join(texts) == "[AwsKey]"


def test_arguments_that_hide_a_secret_in_escapes_are_masked() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    hidden = '{"x": "\\u0041KIA5XGQ7R2MZN4CTYLB", "y": "{\\"z\\":\\"\\\\u0041KIA5XGQ7R2MZN4CTYLB\\"}"}'
    got = json.loads(arguments_of(run(inspection, [call_stream(list(hidden))])))
    assert got == {"x": "[AwsKey]", "y": '{"z":"[AwsKey]"}'}


def test_a_value_that_cannot_become_a_string_blocks() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, [call_stream(['{"card": 41111111', "11111111}"])])
    assert arguments_of(out) == ""
    assert frames_of(out)[-1]["choices"][0]["finish_reason"] == "content_filter"
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, [call_stream([f'{{"{KEY}": 1}}'])])
    assert KEY not in arguments_of(out)


def tokens(*texts: str) -> dict[str, Any]:
    return {
        "content": [{"token": text, "logprob": -0.1, "bytes": None, "top_logprobs": []} for text in texts]
    }


def token_texts(stream: bytes) -> list[str]:
    lists = [item.get("logprobs") or {} for body in frames_of(stream) for item in body["choices"]]
    return [entry["token"] for one in lists for entry in one.get("content") or ()]


def test_token_lists_leave_with_their_text_and_never_with_masked_text() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    parts = ["It ", "is ", KEY[:9], KEY[9:], " so", "."]
    stream = b"".join(frame({"content": part}, logprobs=tokens(part)) for part in parts)
    out = run(inspection, [stream, frame({}, reason="stop"), DONE])
    assert text_of(out) == "It is [AwsKey] so."
    assert token_texts(out) == ["It ", "is ", " so", "."]


def test_token_lists_of_clean_text_all_arrive() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    parts = ["Nothing", " to", " see", " here", ",", " really", "."]
    stream = b"".join(frame({"content": part}, logprobs=tokens(part)) for part in parts)
    out = run(inspection, [stream, frame({}, reason="stop"), DONE])
    assert token_texts(out) == parts


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"data: {not json}\n\n", id="no JSON"),
        pytest.param(
            b'data: {"choices":[{"delta":{"content":"a"},"delta":{"content":"b"}}]}\n\n', id="repeated key"
        ),
        pytest.param(b'data: {"choices":[{"index":"0","delta":{}}]}\n\n', id="bad index"),
        pytest.param(b'data: {"choices":[{"index":0,"delta":"text"}]}\n\n', id="delta a text"),
        pytest.param(b"data: " + b"x" * (5 << 20), id="an event without end"),
        pytest.param(f": {KEY}\n\n".encode(), id="a secret in a comment"),
    ],
)
def test_what_cannot_be_judged_ends_the_stream(bad: bytes) -> None:
    inspection, _ = begin(policy=BLOCK_ALL)
    guard = inspection.stream()
    guard.feed(frame({"content": "fine so far, "}))
    step = guard.feed(bad)
    assert step.ended
    assert frames_of(step.release)[-1]["error"]["code"] == "upstream_protocol"
    assert inspection.core().action is Action.BLOCK


def test_an_error_frame_is_judged_and_passed_on() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    error = {"error": {"message": f"bad key {KEY}", "code": "x"}}
    out = run(inspection, [b"data: " + json.dumps(error).encode() + b"\n\n"])
    assert frames_of(out)[0]["error"] == {"message": "bad key [AwsKey]", "code": "x"}


def test_a_stream_that_breaks_off_releases_what_was_decided() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    assert text_of(run(inspection, [frame({"content": f"so {KEY}"})])) == "so [AwsKey]"


def test_a_value_the_user_gave_is_no_leak() -> None:
    known = Policy(
        "known",
        (
            Clause(Action.FLAG, direction=Direction.PROMPT),
            Clause(Action.FLAG, ("pii", "secret"), Level.LOW, Direction.ANSWER, known=True),
            Clause(Action.MASK, ("pii", "secret"), Level.LOW, Direction.ANSWER),
        ),
    )
    other = "AKIA3QZN7PLW5RTX2MHD"
    inspection, _ = begin(chat(f"my key is {KEY} !"), policy=known)
    assert text_of(run(inspection, [text_stream([f"{KEY} or {other} ."])])) == f"{KEY} or [AwsKey] ."


def test_frames_with_crlf_and_several_data_lines_are_read() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    body = frame({"content": f"a {KEY} b "})[6:-2].replace(b', "object"', b',\r\ndata: "object"')
    out = run(inspection, [b"data: " + body + b"\r\n\r\n"])
    assert text_of(out) == "a [AwsKey] b "


def test_a_held_frame_with_more_than_text_still_leaves() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    body = json.loads(frame({"content": "held"})[6:])
    body["vendor"] = {"n": 1}
    out = run(inspection, [b"data: " + json.dumps(body).encode() + b"\n\n" + DONE])
    assert text_of(out) == "held"
    assert frames_of(out)[0]["vendor"] == {"n": 1}


@pytest.mark.parametrize("place", ["name", "id"])
def test_a_name_in_pieces_is_refused(place: str) -> None:
    inspection, _ = begin(policy=MASK_ALL)
    guard = inspection.stream()

    def named(piece: str) -> bytes:
        call = {"index": 0, "function": {"name": piece}} if place == "name" else {"index": 0, "id": piece}
        return frame({"tool_calls": [call]})

    assert not guard.feed(named(KEY[:9])).ended
    step = guard.feed(named(KEY[9:]))
    assert step.ended
    assert KEY[9:].encode() not in step.release


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(text_stream([f"so {KEY[:9]}", KEY[9:], " there"]), id="a secret"),
        pytest.param(
            frame({"content": "a"}) + b"data: {broken\n\n" + frame({"content": "b"}), id="a broken frame"
        ),
    ],
)
def test_a_policy_that_only_records_passes_every_byte_at_once(stream: bytes) -> None:
    inspection, _ = begin(policy=MONITOR)
    guard = inspection.stream()
    for at in range(0, len(stream), 7):
        step = guard.feed(stream[at : at + 7])
        assert (step.release, step.ended) == (stream[at : at + 7], False)
    assert guard.close() == Step()
    answer = inspection.core().answer
    assert answer
    assert answer.action is Action.FLAG
    assert answer.findings or answer.receipt.unjudged


def test_a_policy_that_only_records_passes_an_answer_it_cannot_read() -> None:
    inspection, _ = begin(policy=MONITOR)
    assert inspection.response(b"<html>", "text/html").body == b"<html>"
    assert inspection.core().action is Action.FLAG


@pytest.mark.parametrize("end", [frame({}, reason="stop"), DONE], ids=["finish reason", "done"])
def test_text_after_its_end_is_refused(end: bytes) -> None:
    inspection, _ = begin(policy=MASK_ALL)
    guard = inspection.stream()
    guard.feed(frame({"content": KEY[:9]}) + end)
    step = guard.feed(frame({"content": KEY[9:]}))
    assert step.ended
    assert KEY[9:].encode() not in step.release


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([frame({"content": KEY[:9]}, reason=""), frame({"content": KEY[9:]})], id="no reason"),
        pytest.param(
            [frame({"content": ""}, logprobs=tokens(KEY)), frame({"content": KEY})], id="early tokens"
        ),
        pytest.param(
            [frame({"more": "ok ", "content": KEY}, logprobs=tokens(KEY))], id="tokens of two texts"
        ),
        pytest.param([frame({KEY: "x"})], id="key of a delta"),
        pytest.param([frame({"details": [{KEY: 1}]})], id="key of a structure"),
        pytest.param([frame({"tool_calls": [{"index": 0, KEY: 1}]})], id="key of a call"),
    ],
)
def test_no_part_of_a_frame_carries_a_secret(pieces: list[bytes]) -> None:
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, [*pieces, frame({}, reason="stop"), DONE])
    assert KEY.encode() not in out
    assert KEY not in text_of(out)


def test_a_choice_that_comes_twice_in_a_frame_is_refused() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
    step = inspection.stream().feed(b"data: " + json.dumps({"choices": [choice, choice]}).encode() + b"\n\n")
    assert step.ended


def test_frames_with_a_text_of_their_own_come_without_end() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    one = b'data: {"provider":"somebody","choices":[{"index":0,"delta":{"content":"a "}}]}\n\n'
    guard = inspection.stream()
    assert not any(guard.feed(one * 1000).ended for _ in range(51))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_byte_order_mark_before_a_field_ends_the_stream(size: int) -> None:
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, chunked(b"\xef\xbb\xbf" + frame({"content": "hello"}), size))
    assert frames_of(out)[-1]["error"]["code"] == "upstream_protocol"


def test_what_stands_beside_a_placeholder_is_judged() -> None:
    inspection, forwarded = begin(chat("write to maria.keller@kontor-nord.example"))
    assert forwarded
    token = forwarded["messages"][0]["content"].rpartition(" ")[2]
    secret = f"postgres://admin:hunter2pass9@db.kontor.example/{token}"
    assert "hunter2pass9" not in text_of(run(inspection, [text_stream([secret, " "])]))


def test_arguments_that_turn_out_to_be_no_json_keep_the_name_before_them() -> None:
    inspection, _ = begin(policy=MASK_ALL)
    out = run(inspection, [call_stream(['{"password": hunter2pass9Xq}'])])
    assert "hunter2pass9Xq" not in arguments_of(out)


def test_an_edited_event_ends_in_whole_lines_however_the_bytes_are_cut() -> None:
    stream = (frame({"content": f"a {KEY} b "}) + frame({"content": "c "}) + DONE).replace(b"\n", b"\r\n")
    for size in (1, 2, 3, 5):
        inspection, _ = begin(policy=MASK_ALL)
        out = run(inspection, chunked(stream, size))
        assert not out.replace(b"\r\n", b"").strip(b"\n").count(b"\r")
        assert text_of(out) == "a [AwsKey] b c "


@pytest.mark.parametrize("kind", [[], {}, 1, None])
def test_a_part_of_any_kind_is_read(kind: object) -> None:
    _, forwarded = begin(chat([{"type": kind, "words": f"use {KEY} "}]), policy=MASK_ALL)
    assert KEY not in json.dumps(forwarded)


@pytest.mark.parametrize(
    "delta", [{"note_%d": "hi "}, {"tool_calls": [{"index": 0, "id_%d": {"id": "call"}}]}]
)
def test_an_upstream_may_not_begin_texts_without_end(
    monkeypatch: pytest.MonkeyPatch, delta: dict[str, object]
) -> None:
    monkeypatch.setattr(growth, "MOST_TEXTS", 8)
    inspection, _ = begin()
    guard = inspection.stream()
    frames = [json.dumps({"choices": [{"index": 0, "delta": delta}]}) % index for index in range(12)]
    steps = [guard.feed(b"data: " + frame.encode() + b"\n\n") for frame in frames]
    assert [step.ended for step in steps] == [False] * 8 + [True] * 4
    assert b"too many texts" in steps[8].release
