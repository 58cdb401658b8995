"""The snapshot is looked after; a database that is away is told of once and survived."""

import asyncio
import logging

import pytest

from sluicegate.appliance.refresher import STALE, Refresher
from sluicegate.detection.testing import FakeClock


class Snapshot:
    def __init__(self) -> None:
        self.looks = 0
        self.fault: Exception | None = None
        self.looked = asyncio.Event()

    async def refresh(self) -> bool:
        self.looks += 1
        self.looked.set()
        if self.fault is not None:
            raise self.fault
        return True


async def test_it_looks_again_and_again() -> None:
    snapshot = Snapshot()
    task = asyncio.create_task(Refresher(snapshot, FakeClock(), interval=0).run())
    async with asyncio.timeout(20):
        for _ in range(3):
            await snapshot.looked.wait()
            snapshot.looked.clear()
    task.cancel()
    assert snapshot.looks >= 3


@pytest.mark.parametrize("fault", [ConnectionRefusedError(), RuntimeError("driver")])
async def test_a_database_that_is_away_is_told_of_once_and_when_it_is_back(
    caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    snapshot = Snapshot()
    refresher = Refresher(snapshot, FakeClock())
    caplog.set_level(logging.WARNING)
    await refresher.look()
    snapshot.fault = fault
    for _ in range(3):
        await refresher.look()
    snapshot.fault = None
    await refresher.look()
    assert [record.message for record in caplog.records] == ["database_away", "database_back"]


async def test_it_is_fresh_while_the_database_answers() -> None:
    clock, snapshot = FakeClock(), Snapshot()
    refresher = Refresher(snapshot, clock)
    assert refresher.fresh
    snapshot.fault = ConnectionRefusedError()
    clock.advance(STALE)
    await refresher.look()
    stale = refresher.fresh
    snapshot.fault = None
    await refresher.look()
    assert (stale, refresher.fresh) == (False, True)
