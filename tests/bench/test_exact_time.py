"""Waits that end when they are due."""

import asyncio
import time
from contextlib import closing

from sluicegate.appliance.bench.exact_time import ExactTime


async def test_who_waits_is_woken_in_the_order_of_what_is_due() -> None:
    woken: list[int] = []
    with closing(ExactTime()) as clock:
        now = time.perf_counter()

        async def wait(number: int) -> None:
            await clock.until(now + number / 500)
            assert time.perf_counter() >= now + number / 500
            woken.append(number)

        await asyncio.gather(*map(wait, (3, 1, 4, 2, 0)))
    assert woken == [0, 1, 2, 3, 4]


async def test_who_gives_up_holds_up_nobody() -> None:
    with closing(ExactTime()) as clock:
        gone = asyncio.create_task(clock.until(time.perf_counter() + 0.02))
        await asyncio.sleep(0)
        gone.cancel()
        await clock.until(time.perf_counter() + 0.04)
    assert gone.cancelled()
