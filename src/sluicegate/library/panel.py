"""Whoever can be asked, asked: the slow tiers of a process, within deadline and budget."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Protocol

from ..detection.inspection import Decision, Inspection
from ..detection.texts import Judged, TextInspection
from ..detection.tier_rule import LONGEST, FailMode
from ..detection.tiers import OVER_BUDGET, Ask, Doubt, Opinion, SlowTier, nothing_known
from ..detection.types import Tier
from .budget import Budget

SLACK = 0.25
"""Seconds beyond its deadline that a tier may take to say that it has nothing to say."""
AGAIN = 0.1
"""Seconds until a tier that is waited for is asked again; doubled each time."""
SELDOM = 2.0

_NOBODY = "none"


class Watch(Protocol):
    """Is told how tiers do."""

    def asked(self, tier: Tier, seconds: float, outcomes: Mapping[str, int], cost: float) -> None:
        """Tell of one ask: seconds waited, texts by what came of them, seconds of processor time.

        Outcomes are ``judged``, ``unjudged`` and ``budget``, for those that were not asked about.
        """
        ...

    def failed_open(self, tier: Tier, seconds: float) -> None:
        """Tell of so many more seconds in which texts passed because a tier said nothing."""
        ...


class Unwatched:
    """Nobody wants to know."""

    def asked(self, tier: Tier, seconds: float, outcomes: Mapping[str, int], cost: float) -> None:
        """Forget it."""

    def failed_open(self, tier: Tier, seconds: float) -> None:
        """Forget it."""


class Panel:
    """The slow tiers there are.

    Args:
        tiers: one of each kind at most.
        budgets: bound what is spent on texts in doubt; a tier without one has no bound.
        watch: is told how they do.
        clock: reads seconds that never run backwards.
    """

    def __init__(
        self,
        tiers: Iterable[SlowTier] = (),
        budgets: Mapping[Tier, Budget] | None = None,
        watch: Watch | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._tiers = {tier.tier: tier for tier in tiers}
        self._budgets = budgets or {}
        self._watch = watch or Unwatched()
        self._clock = clock
        self._silent: dict[Tier, float] = {}

    @property
    def tiers(self) -> frozenset[Tier]:
        """Which tiers can be asked."""
        return frozenset(self._tiers)

    async def opinions(self, ask: Ask) -> list[Opinion]:
        """Return an opinion for each doubt, in order. Never raises but for being cancelled."""
        tier = self._tiers.get(ask.tier)
        if tier is None:
            return nothing_known(ask.doubts, _NOBODY, "not installed")
        began = self._clock()
        taken = [self._taken(ask.tier, doubt) for doubt in ask.doubts]
        said = [Opinion(_NOBODY, unjudged=OVER_BUDGET)] * len(taken)
        await self._fill(tier, ask, [index for index, guess in enumerate(taken) if guess is not None], said)
        self._settle(ask, taken, said, began)
        return said

    async def _fill(self, tier: SlowTier, ask: Ask, places: list[int], said: list[Opinion]) -> None:
        """Put opinions in their places; ask again and again where the policy wants to wait."""
        until, pause = self._clock() + LONGEST, AGAIN
        while places:
            doubts = [ask.doubts[place] for place in places]
            for place, opinion in zip(places, await _judged(tier, doubts, ask.rule.deadline), strict=True):
                said[place] = opinion
            places = [place for place in places if said[place].unjudged]
            if not places or ask.rule.fail is not FailMode.HOLD or self._clock() + pause > until:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, SELDOM)

    def _taken(self, tier: Tier, doubt: Doubt) -> float | None:
        """Return what was set aside for a text, None where nothing is left for it."""
        budget = self._budgets.get(tier)
        if budget is None or doubt.always:
            return 0.0
        return budget.take() or None

    def _settle(self, ask: Ask, taken: Sequence[float | None], said: Sequence[Opinion], began: float) -> None:
        budget, now = self._budgets.get(ask.tier), self._clock()
        for guess, opinion in zip(taken, said, strict=True):
            if budget is not None and guess:
                budget.spent(guess, opinion.seconds)
        outcomes = {"judged": 0, "unjudged": 0, "budget": 0}
        for opinion in said:
            kept = "budget" if opinion.unjudged == OVER_BUDGET else "unjudged"
            outcomes[kept if opinion.unjudged else "judged"] += 1
        self._watch.asked(ask.tier, now - began, outcomes, sum(opinion.seconds for opinion in said))
        if outcomes["judged"] or outcomes["unjudged"]:
            self._note_silence(ask, now, silent=bool(outcomes["unjudged"]))

    def _note_silence(self, ask: Ask, now: float, *, silent: bool) -> None:
        """Add up the time in which a tier that may fail open said nothing."""
        since = self._silent.pop(ask.tier, None)
        if since is not None:
            self._watch.failed_open(ask.tier, now - since)
        if silent and ask.rule.fail is FailMode.OPEN:
            self._silent[ask.tier] = now


NOBODY = Panel()
"""For whoever has no tiers."""


async def settled(
    inspection: Inspection, decision: Decision, panel: Panel, *, raced: bool = False
) -> Decision:
    """Return a decision that stands: every tier that was to be asked was asked.

    `raced` says that what is judged is on its way meanwhile.
    """
    while decision.ask is not None:
        decision = inspection.settle(await panel.opinions(decision.ask), raced=raced)
    return decision


async def settled_texts(inspection: TextInspection, judged: Judged, panel: Panel) -> Judged:
    """Return what texts came to, every tier asked that was to be asked."""
    while inspection.asks is not None:
        judged = inspection.settle(await panel.opinions(inspection.asks))
    return judged


async def _judged(tier: SlowTier, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
    """Ask a tier; one that breaks its contract is one that says nothing."""
    try:
        async with asyncio.timeout(deadline + SLACK):
            opinions = await tier.judge(doubts, deadline)
    except TimeoutError:
        return nothing_known(doubts, _NOBODY, "deadline")
    except Exception:  # noqa: BLE001 - whatever a tier raises is a text that nobody judged, and is told as that
        return nothing_known(doubts, _NOBODY, "failed")
    return opinions if len(opinions) == len(doubts) else nothing_known(doubts, _NOBODY, "failed")
