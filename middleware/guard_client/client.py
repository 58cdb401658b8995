"""Guards behind a URL: tier 3, asked about texts in doubt, and the one that is shown pictures."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from ...detection.models.guards.doubts import OVER_SIZE, opinion, passages
from ...detection.models.guards.passage import Call, Reading, Unreadable
from ...detection.models.guards.registry import FORMATS, SEEING
from ...detection.tiers import Doubt, Opinion, nothing_known
from ...detection.types import Kind, Tier
from ..breaker import Breaker
from .caller import Caller
from .faults import NoAnswer
from .tally import NoTally, Tally
from .target import Target

NO_DEFINITIONS = "own scanners not supported"
"""Why a text is unjudged where a tenant's definitions are for a guard that cannot look for them."""
NOT_ASKED = "not its subject"
"""Why a text is unjudged of which the guard knows nothing that is asked."""
UNREADABLE = "unreadable"

_UNFIT = re.compile(r"[^a-z0-9_.-]+")


@dataclass(slots=True)
class _Inquiry:
    """A text, the requests about it, and what came of them so far."""

    doubt: Doubt
    calls: Sequence[Call]
    unjudged: str
    readings: list[Reading] = field(default_factory=list)
    ended: float = 0.0


class GuardClient:
    """Implements `detection.tiers.SlowTier` for one guard.

    A text is cut into windows, and a format may ask about each more than once; all requests wait in one line
    and count for one breaker. Made and used in one event loop.

    Args:
        target: where it is, and how it is asked.
        tier: the guard models, or `Tier.VISION` for one that is shown pictures and nothing else.
        tally: counts its requests.
        breaker: leaves it alone for a while after failures.

    Raises:
        KeyError: there is no such format, or it takes no pictures.
    """

    def __init__(
        self,
        target: Target,
        *,
        tier: Tier = Tier.GUARD_MODEL,
        tally: Tally | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._target = target
        self._tier = tier
        self._format = (SEEING if tier is Tier.VISION else FORMATS)[target.format]
        self._tally = tally or NoTally()
        self._caller = Caller(target, breaker)
        self.breaker = self._caller.breaker
        self.model = _UNFIT.sub("-", f"{target.format}.{target.model}".lower())[:60]
        """What records call it."""

    @property
    def tier(self) -> Tier:
        """Which one it is."""
        return self._tier

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Ask about each text; see `detection.tiers.SlowTier`."""
        began = perf_counter()
        until = asyncio.get_running_loop().time() + min(deadline, self._target.seconds)
        try:
            with self._caller.admitted():
                inquiries = [self._inquiry(doubt) for doubt in doubts]
                await self._ask(inquiries, until)
        except NoAnswer as fault:
            self._tally.guard_call(self._target.format, str(fault), 0.0)
            return nothing_known(doubts, self.model, str(fault))
        return [
            opinion(item.doubt, item.readings, self.model, (item.ended or began) - began, item.unjudged)
            for item in inquiries
        ]

    async def close(self) -> None:
        """Close every connection."""
        await self._caller.close()

    def _inquiry(self, doubt: Doubt) -> "_Inquiry":
        if (doubt.kind is Kind.IMAGE) is not (self._tier is Tier.VISION):
            return _Inquiry(doubt, (), NOT_ASKED)
        cut = passages(doubt, self._format.covers, self._target.extent, secrets.token_hex(8))
        calls = [call for passage in cut.passages for call in self._format.calls(passage)]
        unjudged = OVER_SIZE if not cut.whole else "" if calls else NOT_ASKED
        if doubt.definitions and not self._format.own:
            unjudged = NO_DEFINITIONS
        return _Inquiry(doubt, calls, unjudged)

    async def _ask(self, inquiries: Sequence["_Inquiry"], until: float) -> None:
        """Send all requests of an exchange, no more at once than are sent anyway."""
        waiting = iter([(item, call) for item in inquiries for call in item.calls])

        async def send() -> None:
            for item, call in waiting:
                found = await self._outcome(call, until)
                item.ended = perf_counter()
                if isinstance(found, str):
                    item.unjudged = found
                else:
                    item.readings.append(found)

        number = min(self._target.concurrency, sum(len(item.calls) for item in inquiries))
        if number == 1:
            await send()
            return
        async with asyncio.TaskGroup() as group:
            for _ in range(number):
                group.create_task(send())

    async def _outcome(self, call: Call, until: float) -> Reading | str:
        """Return what a request came to: a reading, or why there is none."""
        began = perf_counter()
        outcome = "judged"
        try:
            return self._format.read(call, await self._caller.answer(call.path, call.body, until))
        except Unreadable:
            outcome = UNREADABLE
        except NoAnswer as fault:
            outcome = str(fault)
        finally:
            self._tally.guard_call(self._target.format, outcome, perf_counter() - began)
        return outcome
