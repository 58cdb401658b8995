"""Prompts that are on their way while a model judges them: nothing leaves early."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sluicegate.detection.bands import Band
from sluicegate.detection.core import Core
from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.escalation import Models
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import FakeModel, FakeTier, FixedPolicy
from sluicegate.detection.tier_rule import FailMode, TierRule, Use
from sluicegate.detection.tiers import OVER_BUDGET, Ask, Doubt, Opinion
from sluicegate.detection.types import Action, Tier
from sluicegate.library.panel import Panel
from sluicegate.middleware.asgi import Headers, Scope
from sluicegate.middleware.guard import Guard
from sluicegate.middleware.handover import Handover
from sluicegate.middleware.spooled import Body
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Answer, Connection, scope
from tests.middleware.house import House, one_entry

DEEP = Tier.TRANSFORMER
BANDS = {(DEEP, "prompt_attack"): Band(0.2, 0.5, 0.75, 0.95)}
SAID = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}'
RACE = TierRule(DEEP, FailMode.OPEN, 5.0, Use.DOUBT, race=True)


@dataclass
class Origin:
    """An upstream that answers when it is let; it is its own answer."""

    fault: Exception | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    bodies: list[Body] = field(default_factory=list)
    cancelled: bool = False
    closed: int = 0
    status: int = 200
    ended: bool = False

    @property
    def headers(self) -> Headers:
        return [(b"content-type", b"application/json")]

    async def ask(self, scope: Scope, headers: Headers, body: Body, told: Handover) -> "Origin":
        self.bodies.append(body)
        self.asked.set()
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        self.answered.set()
        if self.fault is not None:
            raise self.fault
        return self

    async def read(self) -> bytes:
        self.ended = True
        return SAID

    async def close(self) -> None:
        self.closed += 1


class Judge(FakeTier):
    """Says its word when it is let."""

    def __init__(self, score: float) -> None:
        self.let = asyncio.Event()
        self.waiting = asyncio.Event()
        super().__init__(words={"odd": score}, gate=self.let)

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        self.waiting.set()
        return await super().judge(doubts, deadline)


def house(tier: FakeTier, rule: TierRule = RACE, **policy: Any) -> House:
    core = Core(bytes(32), (), models=Models(FakeModel({"odd": 0.6}), {DEEP}, BANDS))
    decided = replace(BALANCED, tiers=(rule,), **policy)
    return House(core, FixedPolicy(decided), panel=Panel([tier]), races=True)


def body(**more: Any) -> bytes:
    return json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": "an odd sentence"}], **more}
    ).encode()


def guard(given: House, origin: Origin) -> Guard:
    async def nobody(*_: Any) -> None:
        raise AssertionError("the app is not asked")

    made = given.guard(nobody)
    made.parts = replace(made.parts, origin=origin)
    return made


@dataclass
class Running:
    """A request under way."""

    connection: Connection
    task: asyncio.Task[Answer]


def begin(given: House, origin: Origin, content: bytes | None = None) -> Running:
    connection = Connection([content or body()])
    opened = connection.open(guard(given, origin), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
    return Running(connection, asyncio.create_task(opened))


async def test_the_call_starts_while_the_model_judges_and_nothing_leaves_before() -> None:
    tier, origin = Judge(0.1), Origin()
    running = begin(house(tier), origin)
    await origin.asked.wait()
    origin.ready.set()
    await origin.answered.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert running.connection.answer.messages == []
    tier.let.set()
    answer = await running.task
    assert (answer.status, answer.body) == (200, SAID)


async def test_the_record_says_that_it_raced() -> None:
    tier, origin = Judge(0.1), Origin()
    given = house(tier)
    tier.let.set()
    origin.ready.set()
    await begin(given, origin).task
    entry = one_entry(given)
    assert entry.outcome == "complete"
    assert [(cost.tier, cost.raced) for cost in entry.core.prompt.costs] == [
        (Tier.LINEAR, False),
        (DEEP, True),
    ]


@pytest.mark.parametrize("answered", [False, True])
async def test_a_late_block_cancels_the_call(answered: bool) -> None:
    tier, origin = Judge(0.99), Origin()
    given = house(tier)
    running = begin(given, origin)
    await origin.asked.wait()
    if answered:
        origin.ready.set()
        await origin.answered.wait()
    tier.let.set()
    answer = await running.task
    assert SAID not in answer.body
    assert (origin.cancelled, origin.closed) == ((False, 1) if answered else (True, 0))
    entry = one_entry(given)
    assert (entry.outcome, entry.core.prompt.action) == ("refused", Action.BLOCK)
    assert entry.core.prompt.costs[-1].raced


async def test_a_fault_of_the_upstream_waits_for_the_verdict_too() -> None:
    tier = Judge(0.1)
    origin = Origin(UpstreamFault("The upstream is away.", code="upstream_unreachable", status=502))
    running = begin(house(tier), origin)
    origin.ready.set()
    await origin.answered.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert running.connection.answer.messages == []
    tier.let.set()
    assert (await running.task).status == 502


async def test_a_client_that_leaves_ends_both() -> None:
    tier, origin = Judge(0.1), Origin()
    given = house(tier)
    running = begin(given, origin)
    await origin.asked.wait()
    running.connection.left.set()
    await running.task
    assert origin.cancelled
    assert one_entry(given).outcome == "client_gone"


@pytest.mark.parametrize("fail", [FailMode.OPEN, FailMode.CLOSED])
async def test_wall_5_a_model_that_says_nothing_fails_as_it_would_without_a_race(fail: FailMode) -> None:
    origin = Origin()
    given = house(FakeTier(mute="odd"), replace(RACE, fail=fail))
    origin.ready.set()
    answer = await begin(given, origin).task
    assert (answer.body == SAID) is (fail is FailMode.OPEN)
    entry = one_entry(given)
    assert [item.reason.startswith("dead tier transformer") for item in entry.core.prompt.receipt.unjudged]
    assert entry.core.prompt.costs[-1].raced


SEARCH = {"type": "web_search"}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {}}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
PARTS = [{"role": "user", "content": [{"type": "text", "text": "an odd sentence"}, IMAGE]}]


@pytest.mark.parametrize(
    ("races", "rule", "policy", "more"),
    [
        (True, RACE, {}, {}),
        (True, RACE, {}, {"tools": [FUNCTION], "temperature": 0}),
        (False, replace(RACE, race=False), {}, {}),
        (False, RACE, {"private": ("pii",)}, {}),
        (False, RACE, {}, {"tools": [FUNCTION, SEARCH]}),
        (False, RACE, {}, {"web_search_options": {}}),
        (False, RACE, {}, {"store": True}),
        (False, RACE, {}, {"messages": PARTS}),
    ],
)
async def test_only_what_does_nothing_but_answer_races(
    races: bool, rule: TierRule, policy: dict[str, Any], more: dict[str, Any]
) -> None:
    tier, origin = Judge(0.1), Origin()
    given = house(tier, rule, **policy)
    running = begin(given, origin, body(**more))
    await tier.waiting.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert origin.asked.is_set() is races
    tier.let.set()
    origin.ready.set()
    assert (await running.task).body == SAID
    assert one_entry(given).core.prompt.costs[-1].raced is races


async def test_an_app_that_may_do_anything_is_never_asked_ahead() -> None:
    tier, origin = Judge(0.99), Origin()
    given = house(tier)
    given.races = False
    tier.let.set()
    await begin(given, origin).task
    assert not origin.asked.is_set()


async def test_what_the_budget_does_not_reach_does_not_count_as_raced() -> None:
    class Poor(Panel):
        async def opinions(self, ask: Ask) -> list[Opinion]:
            return [Opinion("none", unjudged=OVER_BUDGET) for _ in ask.doubts]

    origin = Origin()
    given = house(FakeTier())
    given.panel = Poor()
    origin.ready.set()
    await begin(given, origin).task
    assert [cost.tier for cost in one_entry(given).core.prompt.costs] == [Tier.LINEAR]
