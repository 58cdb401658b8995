"""Asking slow tiers: budgets, deadlines, what is waited for, and what is told of it."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from sluicegate.detection.testing import FakeClock, FakeTier
from sluicegate.detection.tier_rule import FailMode, TierRule
from sluicegate.detection.tiers import OVER_BUDGET, Ask, Doubt, Opinion
from sluicegate.detection.types import Direction, Kind, Role, Tier
from sluicegate.library import panel as panels
from sluicegate.library.budget import FIRST_GUESS, Budget
from sluicegate.library.panel import Panel

DEEP = Tier.TRANSFORMER


def ask(*texts: str, fail: FailMode = FailMode.OPEN, always: bool = False) -> Ask:
    doubts = [Doubt(text, Role.USER, Kind.TEXT, Direction.PROMPT, always=always) for text in texts]
    return Ask(DEEP, tuple(doubts), TierRule(DEEP, fail, 5.0))


class Notes:
    """Keeps what a panel tells."""

    def __init__(self) -> None:
        self.asks: list[tuple[dict[str, int], float]] = []
        self.open = 0.0

    def asked(self, tier: Tier, seconds: float, outcomes: Mapping[str, int], cost: float) -> None:
        self.asks.append((dict(outcomes), round(cost, 6)))

    def failed_open(self, tier: Tier, seconds: float) -> None:
        self.open += seconds


def reasons(opinions: Sequence[Opinion]) -> list[str]:
    return [opinion.unjudged for opinion in opinions]


def test_a_budget_fills_with_time_and_is_spent_on_texts() -> None:
    clock = FakeClock()
    budget = Budget(0.5, 2 * FIRST_GUESS, clock.monotonic)
    assert [budget.take() for _ in range(3)] == [FIRST_GUESS, FIRST_GUESS, 0.0]
    clock.advance(2 * FIRST_GUESS)
    assert budget.take() == FIRST_GUESS
    assert budget.take() == 0.0
    clock.advance(1000.0)
    assert [budget.take() > 0 for _ in range(3)] == [True, True, False]


def test_a_budget_learns_what_texts_cost() -> None:
    clock = FakeClock()
    budget = Budget(1.0, 10.0, clock.monotonic)
    for _ in range(100):
        budget.spent(budget.take(), 0.001)
        clock.advance(0.1)
    assert budget.take() == pytest.approx(0.001, rel=0.1)


def test_a_text_that_cost_more_than_there_was_is_a_debt() -> None:
    clock = FakeClock()
    budget = Budget(1.0, 1.0, clock.monotonic)
    budget.spent(budget.take(), 3.0)
    clock.advance(1.0)
    assert budget.take() == 0.0
    clock.advance(1.5)
    assert budget.take() > 0.0


def test_no_rate_is_no_budget() -> None:
    assert Budget(0.0).take() == 0.0


async def test_a_panel_asks_within_its_budget_and_what_is_always_wanted() -> None:
    clock, notes, tier = FakeClock(), Notes(), FakeTier(words={"odd": 0.9})
    budgets = {DEEP: Budget(1.0, 2 * FIRST_GUESS, clock.monotonic)}
    panel = Panel([tier], budgets, notes, clock.monotonic)
    opinions = await panel.opinions(ask("odd", "even", "late"))
    assert reasons(opinions) == ["", "", OVER_BUDGET]
    assert [doubt.text for doubt in tier.asked] == ["odd", "even"]
    assert reasons(await panel.opinions(ask("x", "y", "z", "v", always=True))) == [""] * 4
    assert notes.asks == [
        ({"judged": 2, "unjudged": 0, "budget": 1}, 0.02),
        ({"judged": 4, "unjudged": 0, "budget": 0}, 0.04),
    ]


async def test_seconds_of_failing_open_are_counted() -> None:
    clock, notes, tier = FakeClock(), Notes(), FakeTier(mute="odd")
    panel = Panel([tier], None, notes, clock.monotonic)
    for text in ("odd", "odd", "even", "even"):
        await panel.opinions(ask(text))
        clock.advance(3.0)
    assert notes.open == 6.0
    await panel.opinions(ask("odd", fail=FailMode.CLOSED))
    clock.advance(3.0)
    await panel.opinions(ask("even"))
    assert notes.open == 6.0


async def test_only_what_is_unjudged_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "AGAIN", 0.0)

    class Waking(FakeTier):
        async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
            opinions = await super().judge(doubts, deadline)
            self.mute = "\0"
            return opinions

    tier = Waking(words={"odd": 0.9}, mute="odd")
    opinions = await Panel([tier]).opinions(ask("odd", "even", fail=FailMode.HOLD))
    assert [opinion.scores[0].score for opinion in opinions] == [0.9, 0.0]
    assert [doubt.text for doubt in tier.asked] == ["odd", "even", "odd"]


async def test_what_is_waited_for_in_vain_is_unjudged_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "LONGEST", 0.0)
    opinions = await Panel([FakeTier(mute="odd")]).opinions(ask("odd", fail=FailMode.HOLD))
    assert reasons(opinions) == ["dead"]


async def test_cancelling_reaches_the_tier() -> None:
    gate = Shut()
    running = asyncio.create_task(Panel([FakeTier(gate=gate)]).opinions(ask("odd")))
    await gate.reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert gate.left


class Shut:
    """A gate that never opens."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.left = False

    async def wait(self) -> None:
        self.reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left = True


async def test_nobody_there_is_nobody_asked() -> None:
    assert reasons(await Panel().opinions(ask("odd", "even"))) == ["not installed", "not installed"]
