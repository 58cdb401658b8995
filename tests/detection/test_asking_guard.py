"""Streamed answers that models are asked about: what waits, what leaves, and how a stream ends."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.asking_guard import MOST_HELD
from sluicegate.detection.bands import Band
from sluicegate.detection.core import Core
from sluicegate.detection.escalation import Models
from sluicegate.detection.inspection import AskingStream, Inspection, Step
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.presets import BALANCED, MONITOR
from sluicegate.detection.testing import FakeModel
from sluicegate.detection.tier_rule import FailMode, TierRule, Use
from sluicegate.detection.tiers import ATTACK, Ask, Opinion, Score, nothing_known
from sluicegate.detection.types import Action, AuditCore, Level, Tier, Verdict
from tests.detection.support import ALICE, chunked, frame, frames_of, text_of, text_stream
from tests.detection.test_inquiry import core_with

LINEAR, DEEP = Tier.LINEAR, Tier.TRANSFORMER
BANDS = {(tier, "prompt_attack"): Band(0.2, 0.5, 0.75, 0.95) for tier in (LINEAR, DEEP)}
RULES = (TierRule(LINEAR, answers=True), TierRule(DEEP, use=Use.DOUBT, answers=True))
BLOCKS = (Clause(Action.BLOCK, ("prompt_attack",), Level.HIGH), *BALANCED.clauses)
ASKED = replace(BALANCED, clauses=BLOCKS, tiers=RULES)
CLOSED = replace(ASKED, tiers=(RULES[0], replace(RULES[1], fail=FailMode.CLOSED)))
KEY = "AKIA5XGQ7R2MZN4CTYLB"
QUIET = "This sentence says nothing that anybody would ask about, however long they look at it. "
ODD = "This is the odd one among the sentences, and a model is to be asked about all of it. "
DONE = b"data: [DONE]\n\n"


def core() -> Core:
    return core_with(Models(FakeModel({"odd": 0.6, "bad": 0.99}), {DEEP}, BANDS))


def asking(
    policy: Policy = ASKED, dialect: str = "openai_chat", given: Core | None = None
) -> tuple[Inspection, AskingStream]:
    inspection = (given or core()).open(dialect, policy, ALICE)
    request = {"model": "m", "stream": True, "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    inspection.request(json.dumps(request).encode())
    guard = inspection.asking_stream()
    assert guard is not None
    return inspection, guard


def said(ask: Ask, score: float) -> list[Opinion]:
    return [Opinion("deep-1", (Score(ATTACK, score),), 0.01) for _ in ask.doubts]


def driven(guard: AskingStream, chunks: Iterable[bytes], score: float) -> tuple[bytes, list[Ask], bool]:
    """Feed chunks and answer everything with one score."""
    out, asks = b"", list[Ask]()

    def settled(step: Step) -> Step:
        nonlocal out
        out += step.release
        while step.ask is not None:
            asks.append(step.ask)
            step = guard.answer(said(step.ask, score))
            out += step.release
        return step

    for chunk in chunks:
        if settled(guard.feed(chunk)).ended:
            return out, asks, True
    return out, asks, settled(guard.close()).ended


def verdict_of(core: AuditCore) -> Verdict:
    assert core.answer is not None
    return core.answer


def spoken(*texts: str) -> bytes:
    return text_stream([f"{word} " for text in texts for word in text.split()])


def test_nobody_is_asked_where_the_policy_does_not_want_it() -> None:
    inspection = core().open("openai_chat", BALANCED, ALICE)
    assert inspection.asking_stream() is None
    assert core_with(Models()).open("openai_chat", ASKED, ALICE).asking_stream() is not None


def test_quiet_text_leaves_byte_for_byte_and_nobody_is_asked() -> None:
    stream = spoken(QUIET, QUIET)
    inspection, guard = asking()
    out, asks, ended = driven(guard, [stream], 0.0)
    assert (out, asks, ended) == (stream, [], False)
    verdict = verdict_of(inspection.core())
    assert (verdict.action, verdict.tier, verdict.receipt.unjudged) == (Action.PASS, LINEAR, ())


def test_a_window_leaves_when_its_sentence_ended_and_not_before() -> None:
    _, guard = asking()
    sentence = "A quiet sentence that is a little longer than the shortest window has to be for that"
    assert guard.feed(frame({"content": sentence})).release == b""
    assert text_of(guard.feed(frame({"content": "."})).release).startswith(sentence[:80])
    long = "and one without an end " * 20
    assert any(guard.feed(frame({"content": word + " "})).release for word in long.split())


def test_frames_without_a_word_do_not_wait_without_end_for_one() -> None:
    _, guard = asking()
    assert guard.feed(frame({"content": "a word"})).release == b""
    count = frame({}, note="y" * 1000)
    released = [guard.feed(count).release for _ in range(2 * MOST_HELD // len(count))]
    assert sum(map(len, released)) > MOST_HELD


def test_what_models_doubt_waits_for_their_word() -> None:
    _, guard = asking()
    first = guard.feed(spoken(QUIET, ODD, QUIET))
    assert first.ask is not None
    assert text_of(first.release).strip() == QUIET.strip()
    (doubt,) = first.ask.doubts
    assert ODD.strip() in doubt.text
    assert not doubt.always
    step = guard.answer(said(first.ask, 0.1))
    rest = step.release
    while step.ask is not None:  # what stands before a window is read along
        step = guard.answer(said(step.ask, 0.1))
        rest += step.release
    assert text_of(rest).split() == f"{ODD}{QUIET}".split()
    assert rest.endswith(DONE)


def test_a_late_word_stops_the_stream_natively_and_nothing_of_the_window_leaves() -> None:
    inspection, guard = asking()
    out, asks, ended = driven(guard, [spoken(QUIET, ODD, QUIET)], 0.99)
    assert ended
    assert len(asks) == 1
    assert "odd" not in text_of(out)
    assert text_of(out).startswith(QUIET.strip())
    assert frames_of(out)[-1]["choices"][0]["finish_reason"] == "content_filter"
    assert out.endswith(DONE)
    verdict = verdict_of(inspection.core())
    assert (verdict.action, verdict.tier) == (Action.BLOCK, DEEP)
    assert [finding.scanner for finding in verdict.findings] == ["transformer"]
    assert guard.feed(frame({"content": "more"})) == Step(ended=True)


def test_the_end_of_an_answer_is_judged_before_its_last_frames_leave() -> None:
    _, guard = asking()
    step = guard.feed(text_stream(["an odd end"]))
    assert step.ask is not None
    assert b'finish_reason": "stop' not in step.release
    assert DONE not in step.release
    stopped = guard.answer(said(step.ask, 0.99))
    assert stopped.ended
    assert frames_of(stopped.release)[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_patterns_still_judge_what_models_let_pass() -> None:
    policy = replace(ASKED, restore=False)
    inspection, guard = asking(policy)
    out, *_ = driven(guard, [text_stream(["the key is ", KEY, " and no more."])], 0.0)
    assert KEY not in text_of(out)
    assert verdict_of(inspection.core()).findings


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
@pytest.mark.parametrize("score", [0.0, 0.99])
def test_how_the_bytes_are_cut_changes_nothing(size: int, score: float) -> None:
    stream = spoken(QUIET, ODD, QUIET)
    (_, one), (_, other) = asking(), asking()
    assert driven(one, chunked(stream, size), score)[0::2] == driven(other, [stream], score)[0::2]


@pytest.mark.parametrize(("policy", "stops"), [(ASKED, False), (CLOSED, True)])
def test_wall_5_a_silent_model_fails_as_the_policy_says(policy: Policy, stops: bool) -> None:
    inspection, guard = asking(policy)
    step = guard.feed(text_stream(["an odd text"]))
    assert step.ask is not None
    after = guard.answer(nothing_known(step.ask.doubts, "none", "deadline"))
    assert after.ended is stops
    verdict = verdict_of(inspection.core())
    assert [part.reason for part in verdict.receipt.unjudged] == ["dead tier transformer: deadline"]
    assert verdict.action is (Action.BLOCK if stops else Action.FLAG)


def test_a_policy_that_changes_nothing_holds_nothing() -> None:
    inspection, guard = asking(replace(MONITOR, tiers=RULES))
    stream = spoken(ODD)
    step = guard.feed(stream)
    assert step.release == stream
    asks = 0
    while step.ask is not None:
        asks += 1
        step = guard.answer(said(step.ask, 0.99))
    assert asks == 1
    assert not step.ended
    assert not guard.close().ended
    assert [finding.scanner for finding in verdict_of(inspection.core()).findings] == ["transformer"]


@pytest.mark.parametrize("broken", [b"data: {not json\n\n", b'data: {"choices": 3}\n\n', b"data: [1]\n\n"])
def test_a_stream_that_cannot_be_read_ends_as_it_would_without_models(broken: bytes) -> None:
    begun = frame({"content": "Hello "})
    _, guard = asking()
    plain = core().open("openai_chat", BALANCED, ALICE)
    plain.request(b'{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}')
    alone = plain.stream()
    expected = [alone.feed(begun + broken), alone.close()]
    steps = [guard.feed(begun + broken), guard.close()]
    assert [step.ended for step in steps] == [step.ended for step in expected]
    assert b"".join(s.release for s in steps) == b"".join(s.release for s in expected)


def test_anthropic_blocks_are_ended_as_the_client_saw_them() -> None:
    def event(kind: str, **fields: Any) -> bytes:
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), json.dumps({"type": kind, **fields}).encode())

    def block(index: int, *texts: str) -> bytes:
        begin = event("content_block_start", index=index, content_block={"type": "text", "text": ""})
        deltas = [
            event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})
            for text in texts
        ]
        return b"".join([begin, *deltas, event("content_block_stop", index=index)])

    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}
    stream = event("message_start", message=message) + block(0, QUIET) + block(1, "an odd text")
    inspection, guard = asking(dialect="anthropic")
    out, asks, ended = driven(guard, [stream], 0.99)
    assert ended
    assert len(asks) == 1
    assert b"odd" not in out
    kinds = [json.loads(line[6:])["type"] for line in out.split(b"\n") if line.startswith(b"data: ")]
    assert kinds[:4] == ["message_start", "content_block_start", "content_block_delta", "content_block_stop"]
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert kinds.count("content_block_start") == kinds.count("content_block_stop")
    assert verdict_of(inspection.core()).action is Action.BLOCK


def test_opinions_come_when_they_were_asked_for() -> None:
    _, guard = asking()
    with pytest.raises(ValueError, match="nothing was asked"):
        guard.answer([])
    assert guard.fault("away")


def test_several_choices_are_judged_each_by_itself() -> None:
    _, guard = asking()
    step = guard.feed(frame({"content": QUIET}) + frame({"content": ODD}, choice=1))
    assert step.ask is not None
    assert [doubt.text.strip() for doubt in step.ask.doubts] == [ODD.strip()]
