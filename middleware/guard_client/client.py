"""Tier 3: an LLM guard behind a URL, asked about what the cheaper tiers are in doubt about."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from time import perf_counter

from ...detection.models.guards.doubts import OVER_SIZE, opinion, passages
from ...detection.models.guards.passage import Call, Reading, Unreadable
from ...detection.models.guards.registry import FORMATS
from ...detection.tiers import Doubt, Opinion
from ...detection.types import Tier
from .breaker import Breaker
from .faults import DEADLINE, NoAnswer
from .line import Line
from .sender import Sender
from .tally import NoTally, Tally
from .target import Target

NO_DEFINITIONS = "own scanners not supported"
"""Why a text is unjudged where a tenant's definitions are for a guard that cannot look for them."""
NOT_ASKED = "not its subject"
"""Why a text is unjudged of which the guard knows nothing that is asked."""
UNREADABLE = "unreadable"

_GRACE = 1.0
"""Seconds that a guard has at least before a late answer counts as its failure."""
_UNFIT = re.compile(r"[^a-z0-9_.-]+")


class GuardClient:
    """Implements `detection.tiers.SlowTier` for one guard.

    A text is cut into windows, and a format may ask about each more than once; every request waits in one
    line and counts for one breaker. Made and used in one event loop.

    Raises:
        KeyError: there is no such format.
    """

    def __init__(self, target: Target, *, tally: Tally | None = None, breaker: Breaker | None = None) -> None:
        self._target = target
        self._format = FORMATS[target.format]
        self._tally = tally or NoTally()
        self._sender = Sender(target)
        self._line = Line(target.concurrency, target.queue)
        self.breaker = breaker or Breaker()
        self.model = _UNFIT.sub("-", f"{target.format}.{target.model}".lower())[:60]
        """What records call it."""

    @property
    def tier(self) -> Tier:
        """The guard models."""
        return Tier.GUARD_MODEL

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Ask about each text; see `detection.tiers.SlowTier`."""
        until = asyncio.get_running_loop().time() + min(deadline, self._target.seconds)
        if len(doubts) == 1:
            return [await self._judged(doubts[0], until)]
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._judged(doubt, until)) for doubt in doubts]
        return [task.result() for task in asked]

    async def close(self) -> None:
        """Close every connection."""
        await self._sender.close()

    async def _judged(self, doubt: Doubt, until: float) -> Opinion:
        began = perf_counter()
        cut = passages(doubt, self._format.covers, self._target.extent, secrets.token_hex(8))
        calls = [call for passage in cut.passages for call in self._format.calls(passage)]
        unjudged = NOT_ASKED if not calls else "" if cut.whole else OVER_SIZE
        if doubt.definitions and not self._format.own:
            unjudged = NO_DEFINITIONS
        readings: list[Reading] = []
        for found in await self._asked(calls, until):
            if isinstance(found, str):
                unjudged = found
            else:
                readings.append(found)
        return opinion(doubt, readings, self.model, perf_counter() - began, unjudged)

    async def _asked(self, calls: Sequence[Call], until: float) -> Sequence[Reading | str]:
        """Return what each request came to: a reading, or why there is none."""
        if len(calls) == 1:
            return [await self._outcome(calls[0], until)]
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._outcome(call, until)) for call in calls]
        return [task.result() for task in asked]

    async def _outcome(self, call: Call, until: float) -> Reading | str:
        began = perf_counter()
        outcome = "judged"
        try:
            return self._format.read(call, await self._answer(call, until))
        except Unreadable:
            outcome = UNREADABLE
        except NoAnswer as fault:
            outcome = str(fault)
        finally:
            self._tally.guard_call(self._target.format, outcome, perf_counter() - began)
        return outcome

    async def _answer(self, call: Call, until: float) -> bytes:
        """Return the body of an answer. Raises `NoAnswer`."""
        began = float("inf")
        try:
            async with asyncio.timeout_at(until), self._line.turn():
                self.breaker.admit()
                began = perf_counter()
                return await self._sent(call)
        except TimeoutError:
            if perf_counter() - began >= _GRACE:
                self.breaker.failed()
            raise NoAnswer(DEADLINE) from None

    async def _sent(self, call: Call) -> bytes:
        """Send a request that the breaker let through, and tell it how that went. Raises `NoAnswer`."""
        try:
            body = await self._sender.send(call.path, call.body)
        except NoAnswer as fault:
            if fault.counts:
                self.breaker.failed()
            else:
                self.breaker.gave_up()
            raise
        except asyncio.CancelledError:
            self.breaker.gave_up()
            raise
        self.breaker.succeeded()
        return body
