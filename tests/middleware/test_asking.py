"""What the guard does while models are asked: it waits, gives up, or notices that nobody waits any more."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.bands import Band
from sluicegate.detection.core import Core
from sluicegate.detection.escalation import Models
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import FakeModel, FakeTier, FixedPolicy
from sluicegate.detection.tier_rule import FailMode, TierRule, Use
from sluicegate.detection.types import Action, Level, Tier
from sluicegate.library.panel import Panel
from sluicegate.middleware.asgi import ASGIApp, Receive, Scope, Send
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Answer, Connection, call, scope
from tests.middleware.house import House, one_entry
from tests.middleware.test_race import Judge

DEEP = Tier.TRANSFORMER
BANDS = {(DEEP, "prompt_attack"): Band(0.2, 0.5, 0.75, 0.95)}
SAID = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]}


class Upstream:
    """Counts what reaches it."""

    def __init__(self) -> None:
        self.reached = 0

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        await receive()
        fields = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": json.dumps(SAID).encode()})


def house(*tiers: FakeTier, fail: FailMode = FailMode.OPEN, deadline: float = 5.0, **rule: Any) -> House:
    """A guard with the real core, without rules, and a linear tier that is in doubt about the odd."""
    core = Core(bytes(32), (), models=Models(FakeModel({"odd": 0.6}), {DEEP}, BANDS))
    rules = (TierRule(DEEP, fail, deadline, Use.DOUBT, **rule),)
    policy = replace(BALANCED, tiers=rules)
    return House(core, FixedPolicy(policy), panel=Panel(tiers))


def body(text: str) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()


async def ask(given: House, upstream: Upstream, text: str = "an odd sentence") -> Answer:
    return await call(given.guard(upstream), body=body(text))


@pytest.mark.parametrize(("score", "reaches"), [(0.1, True), (0.99, False)])
async def test_a_model_decides_before_anything_is_forwarded(score: float, reaches: bool) -> None:
    given, upstream = house(FakeTier(words={"odd": score})), Upstream()
    answer = await ask(given, upstream)
    assert (upstream.reached == 1) is reaches
    assert (json.loads(answer.body) == SAID) is reaches
    entry = one_entry(given)
    assert entry.outcome == ("complete" if reaches else "refused")
    assert entry.core.prompt.tier is DEEP
    assert [(cost.tier, cost.texts, cost.seconds) for cost in entry.core.prompt.costs][1:] == [
        (DEEP, 1, 0.01)
    ]


async def test_what_is_not_in_doubt_is_not_asked() -> None:
    tier = FakeTier()
    given = house(tier)
    await ask(given, Upstream(), "a quiet sentence")
    assert tier.asked == []
    assert one_entry(given).core.prompt.tier is Tier.LINEAR


@pytest.mark.parametrize(("fail", "reaches"), [(FailMode.OPEN, True), (FailMode.CLOSED, False)])
@pytest.mark.parametrize("silence", ["mute", "slow", "raising", "short", "absent"])
async def test_wall_5_the_fail_mode_holds_whatever_the_model_does(
    fail: FailMode, reaches: bool, silence: str
) -> None:
    tiers = {"mute": [FakeTier(mute="odd")], "slow": [FakeTier(gate=asyncio.Event())], "absent": []}
    made = tiers.get(silence, [Broken(silence)])
    given, upstream = house(*made, fail=fail, deadline=0.01), Upstream()
    await ask(given, upstream)
    assert (upstream.reached == 1) is reaches
    verdict = one_entry(given).core.prompt
    assert verdict.action is (Action.FLAG if reaches else Action.BLOCK)
    (part,) = verdict.receipt.unjudged
    assert part.reason.startswith("dead tier transformer: ")


class Broken(FakeTier):
    """Breaks the contract."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    async def judge(self, doubts: Any, deadline: float) -> Any:
        if self.how == "raising":
            raise RuntimeError("an odd sentence")
        return []


async def test_a_tier_that_is_waited_for_is_asked_until_it_speaks() -> None:
    tier = Waking()
    given, upstream = house(tier, fail=FailMode.HOLD), Upstream()
    await ask(given, upstream)
    assert upstream.reached == 1
    assert len(tier.asked) == 2
    assert one_entry(given).core.prompt.receipt.unjudged == ()


class Waking(FakeTier):
    """Says nothing the first time."""

    def __init__(self) -> None:
        super().__init__(mute="odd")

    async def judge(self, doubts: Any, deadline: float) -> Any:
        said = await super().judge(doubts, deadline)
        self.mute = "\0"
        return said


async def test_a_client_that_leaves_meanwhile_ends_it_all() -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    class Waiting(FakeTier):
        async def judge(self, doubts: Any, deadline: float) -> Any:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    given, upstream = house(Waiting()), Upstream()
    connection = Connection([body("an odd sentence")])
    running = asyncio.create_task(
        connection.open(given.guard(upstream), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
    )
    await asked.wait()
    connection.left.set()
    await running
    assert ended.is_set()
    assert upstream.reached == 0
    entry = one_entry(given)
    assert entry.outcome == "client_gone"
    assert [part.reason for part in entry.core.prompt.receipt.unjudged] == [
        "dead tier transformer: unanswered"
    ]
    assert given.metrics.rejections == []


async def test_a_whole_answer_waits_for_its_models() -> None:
    given = house(FakeTier(words={"ok": 0.99}), answers=True)
    given.inspector = Core(bytes(32), (), models=Models(FakeModel({"ok": 0.6}), {DEEP}, BANDS))
    rules = (TierRule(Tier.LINEAR, answers=True), TierRule(DEEP, use=Use.DOUBT, answers=True))
    given.policies = FixedPolicy(replace(BALANCED, tiers=rules))
    await ask(given, Upstream(), "a quiet sentence")
    answer = one_entry(given).core.answer
    assert answer is not None
    assert answer.tier is DEEP
    assert [finding.scanner for finding in answer.findings] == ["transformer"]


def streaming(*texts: str) -> ASGIApp:
    """An app that streams texts, a frame each."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        fields = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        for text in texts:
            choices = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
            frame = b"data: " + json.dumps({"choices": choices}).encode() + b"\n\n"
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    return app


FIRST = "A first sentence that is quiet and long enough to be a window of its own, as it should be. "


def asked_about_streams(tier: FakeTier, fail: FailMode = FailMode.OPEN) -> House:
    given = house(tier)
    given.inspector = Core(bytes(32), (), models=Models(FakeModel({"odd": 0.6}), {DEEP}, BANDS))
    blocks = (Clause(Action.BLOCK, ("prompt_attack",), Level.HIGH),)
    rules = (TierRule(Tier.LINEAR, answers=True), TierRule(DEEP, fail, 5.0, Use.DOUBT, answers=True))
    given.policies = FixedPolicy(Policy("answers", blocks, tiers=rules))
    return given


@pytest.mark.parametrize(("score", "outcome"), [(0.1, "complete"), (0.99, "stopped")])
async def test_a_streamed_answer_waits_for_its_models_window_by_window(score: float, outcome: str) -> None:
    tier = Judge(score)
    given = asked_about_streams(tier)
    connection = Connection([body("a quiet sentence")])
    request = scope(headers=[*AUTHORIZED, *JSON_TYPE])
    running = asyncio.create_task(connection.open(given.guard(streaming(FIRST, "an odd", " end")), request))
    await tier.waiting.wait()
    early = b"".join(message.get("body", b"") for message in connection.answer.messages)
    assert b"first sentence" in early
    assert b"odd" not in early
    tier.let.set()
    answer = await running
    assert (b"odd" in answer.body) is (outcome == "complete")
    entry = one_entry(given)
    assert (entry.outcome, entry.streamed) == (outcome, True)
    assert entry.core.answer is not None
    assert entry.core.answer.receipt.unjudged == ()


async def test_wall_5_a_stream_whose_model_is_dead_ends_where_the_policy_fails_closed() -> None:
    given = asked_about_streams(FakeTier(mute="odd"), FailMode.CLOSED)
    answer = await call(given.guard(streaming(FIRST, "an odd end")), body=body("a quiet sentence"))
    assert b"first sentence" in answer.body
    assert b"odd" not in answer.body
    assert one_entry(given).outcome == "stopped"
