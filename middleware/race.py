"""A request that is on its way while slow tiers judge it: nothing of its answer leaves before."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from ..detection.inspection import Decision
from ..library.panel import settled
from .desk import Desk
from .handover import Handover
from .origin import OriginAnswer


async def run_race(
    asking: Callable[[], Coroutine[Any, Any, OriginAnswer]], desk: Desk, told: Handover, decision: Decision
) -> OriginAnswer | None:
    """Ask the origin and the tiers at once; return the answer, or refuse and return None.

    A refusal cancels the call, whatever came of it. Raises what the origin raises, when the decision stands.
    """
    call = asyncio.create_task(asking())
    try:
        decision = await settled(desk.inspection, decision, desk.panel, raced=True)
        told.verdict = decision.verdict
        desk.times.guard += desk.times.lap()
        if decision.refusal is None:
            return await call
    except BaseException:
        await _drop(call)
        raise
    await _drop(call)
    await desk.refuse(decision.refusal, "refused")
    return None


async def _drop(call: asyncio.Task[OriginAnswer]) -> None:
    call.cancel()
    await asyncio.wait([call])
    if not call.cancelled() and call.exception() is None:
        await call.result().close()
