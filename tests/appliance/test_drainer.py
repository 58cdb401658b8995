"""The drainer: each exchange once, whatever dies, goes away, comes back or is read again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from sluicegate.admin_ui.store.audit import Stored
from sluicegate.admin_ui.store.record import INTERRUPTED, OPEN, Record
from sluicegate.appliance.audit_finder import AuditFinder
from sluicegate.appliance.drainer import Drainer, Pace
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.spool import Spool, SpoolRoom
from sluicegate.appliance.spool_folder import writers
from sluicegate.appliance.spool_sources import Sources
from sluicegate.detection.ports import AuditReader
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import AuditEntry, Principal
from sluicegate.middleware.request_id import new_id
from tests.appliance.spooling import ENTRY, entry, worker

FAST = Pace(batch=10, interval=0.005, probe=0.01, open_after=60, first_retry=0.001, last_retry=0.004, fsync=0)
SMALL = SpoolRoom(segment_bytes=65536)


class Store:
    """A database that can be away, slow, or refuse an entry for good. Keeps the rules of the real one."""

    def __init__(self) -> None:
        self.rows: dict[str, Record] = {}
        self.batches: list[int] = []
        self.attempts = 0
        self.synced = 0
        self.fault: Callable[[Sequence[Record]], BaseException | None] = lambda _: None
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, records: Sequence[Record]) -> list[Stored]:
        self.attempts += 1
        await self.gate.wait()
        if (fault := self.fault(records)) is not None:
            raise fault
        self.batches.append(len(records))
        new = [item for item in records if self._is_new(item)]
        self.rows.update({item.exchange_id: item for item in new})
        return [Stored(None if item.outcome == OPEN else len(self.rows), item) for item in new]

    async def sync(self) -> None:
        self.synced += 1

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        found = self.rows.get(exchange_id)
        return found.entry() if found and found.principal == principal else None

    def outcomes(self) -> dict[str, str]:
        return {name: row.outcome for name, row in self.rows.items()}

    def _is_new(self, record: Record) -> bool:
        known = self.rows.get(record.exchange_id)
        return known is None or known.outcome == OPEN


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - any condition, not one that an event announces
            await asyncio.sleep(0.001)


@asynccontextmanager
async def draining(drainer: Drainer) -> AsyncIterator[None]:
    """Drain while the body runs, and what is left at its end."""
    task = asyncio.create_task(drainer.run())
    yield
    drainer.stop()
    async with asyncio.timeout(20):
        await task


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup gives up on a slow database after seconds; a slow machine is none."""
    monkeypatch.setattr("sluicegate.appliance.audit_finder._PATIENCE_SECONDS", 20.0)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, room=SMALL)


def left(folder: Path) -> list[str]:
    """What is left in the folder of a drainer that ended."""
    return [path.name for path in folder.iterdir() if path.name != "drainer.lock"]


async def test_everything_is_stored_in_batches_and_nothing_is_left(tmp_path: Path, spool: Spool) -> None:
    store, published = Store(), list[Stored]()
    drainer = Drainer(tmp_path, store, pace=FAST, publish=published.extend)
    async with draining(drainer):
        for number in range(500):
            spool.opened(entry(number, OPEN))
            spool.closed(entry(number))
        await until(lambda: len(store.rows) == 500)
        spool.close()
    assert set(store.outcomes().values()) == {"complete"}
    assert max(store.batches) <= 10
    assert [item.record.exchange_id for item in published] == [f"x{number}" for number in range(500)]
    assert (drainer.pending, drainer.lag_seconds, left(tmp_path)) == (0, 0.0, [])


async def test_a_finished_exchange_is_one_insert(tmp_path: Path, spool: Spool) -> None:
    store = Store()
    spool.opened(entry(1, OPEN))
    spool.closed(entry(1))
    spool.close()
    async with draining(Drainer(tmp_path, store, pace=FAST)):
        pass
    assert store.batches == [1]
    assert store.outcomes() == {"x1": "complete"}


async def test_what_stays_open_is_stored_as_open_and_ended_later(tmp_path: Path, spool: Spool) -> None:
    store = Store()
    async with draining(Drainer(tmp_path, store, pace=replace(FAST, open_after=0.0))):
        spool.opened(entry(1, OPEN))
        await until(lambda: store.outcomes() == {"x1": OPEN})
        spool.closed(entry(1))
        await until(lambda: store.outcomes() == {"x1": "complete"})
        spool.close()
    assert store.batches == [1, 1]


async def test_what_a_dead_worker_had_begun_is_interrupted(tmp_path: Path) -> None:
    store = Store()
    drainer = Drainer(tmp_path, store, pace=FAST)
    async with draining(drainer):
        with worker(tmp_path, 300) as process:
            await until(lambda: len(store.rows) == 270)
            assert drainer.pending == 30
            process.kill()
            await until(lambda: len(store.rows) == 300)
    expected = {f"x{n}": "complete" if n % 10 else INTERRUPTED for n in range(300)}
    assert store.outcomes() == expected
    assert left(tmp_path) == []


async def test_a_second_drainer_refuses(tmp_path: Path) -> None:
    async with draining(Drainer(tmp_path, Store(), pace=FAST)):
        await until((tmp_path / "drainer.lock").exists)
        with pytest.raises(ApplianceError, match="another process drains it already"):
            await Drainer(tmp_path, Store(), pace=FAST).run()


async def test_a_drainer_that_dies_at_any_write_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """Cancelled before or after the database took a batch, over and over."""
    store, published = Store(), list[str]()
    spool = Spool(tmp_path, room=SMALL)

    class Killed(BaseException):
        pass

    class Fragile(Store):
        def __init__(self, survives: int, late: bool) -> None:
            super().__init__()
            self.rows = store.rows
            self._survives = survives
            self._late = late

        async def write(self, records: Sequence[Record]) -> list[Stored]:
            self._survives -= 1
            if self._survives < 0 and not self._late:
                raise Killed
            stored = await super().write(records)
            published.extend(item.record.exchange_id for item in stored)
            if self._survives < 0:
                raise Killed
            return stored

    for turn in range(12):
        for number in range(100):
            spool.opened(entry(turn * 100 + number, OPEN))
            if number % 7:
                spool.closed(entry(turn * 100 + number))
        if turn == 6:
            spool.close()
            spool = Spool(tmp_path, room=SMALL)
        with pytest.raises(Killed):
            await Drainer(tmp_path, Fragile(turn % 5, turn % 2 == 0), pace=FAST).run()
    spool.close()
    last = Fragile(10_000, late=False)
    async with draining(Drainer(tmp_path, last, pace=FAST)):
        pass
    expected = {f"x{n}": "complete" if n % 100 % 7 else INTERRUPTED for n in range(1200)}
    assert store.outcomes() == expected
    assert sorted(published) == sorted(expected)
    assert left(tmp_path) == []


async def test_what_began_in_a_segment_that_is_gone_is_still_ended_after_a_crash(tmp_path: Path) -> None:
    store, spool = Store(), Spool(tmp_path, room=SMALL)
    for number in range(3):
        spool.opened(entry(number, OPEN))
    async with draining(Drainer(tmp_path, store, pace=FAST)):
        for number in range(10, 600):
            spool.closed(entry(number))
        await until(lambda: len(store.rows) == 590)
    name, numbers = writers(tmp_path).popitem()
    assert numbers[0] > 1
    assert f"{name}.carry" in left(tmp_path)
    spool.closed(entry(1))
    spool.close()
    async with draining(Drainer(tmp_path, store, pace=FAST)):
        pass
    assert [store.rows[f"x{n}"].outcome for n in range(3)] == [INTERRUPTED, "complete", INTERRUPTED]
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "fault",
    [
        OperationalError("INSERT", {}, Exception("database is locked")),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_database_that_is_away_and_comes_back_loses_nothing(
    tmp_path: Path, spool: Spool, fault: Exception
) -> None:
    store, lost = Store(), list[int]()
    drainer = Drainer(tmp_path, store, pace=FAST, lost=lost.append)
    store.fault = lambda _: fault
    async with draining(drainer):
        for number in range(30):
            spool.opened(entry(number, OPEN))
            spool.closed(entry(number))
        await until(lambda: store.attempts > 4)
        assert drainer.pending >= 30
        assert drainer.lag_seconds > 0
        store.fault = lambda _: None
        await until(lambda: drainer.pending == 0)
        spool.close()
    assert set(store.outcomes().values()) == {"complete"}
    assert (len(store.rows), lost) == (30, [])


class TooLong(Exception):
    sqlstate = "22001"


@pytest.mark.parametrize(
    "poison",
    [
        DataError("INSERT", {}, Exception("value too long")),
        DBAPIError("INSERT", {}, TooLong()),
        UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed"),
        KeyError("findings"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_an_entry_the_database_will_never_take_holds_up_no_other(
    tmp_path: Path, spool: Spool, poison: Exception
) -> None:
    store, lost = Store(), list[int]()
    store.fault = lambda records: poison if any(item.exchange_id == "x3" for item in records) else None
    for number in range(25):
        spool.closed(entry(number))
    spool.close()
    async with draining(Drainer(tmp_path, store, pace=FAST, lost=lost.append)):
        pass
    assert sorted(store.rows) == sorted(f"x{number}" for number in range(25) if number != 3)
    assert (lost, left(tmp_path)) == ([1], [])


async def test_a_stop_while_the_database_is_away_leaves_everything_in_the_spool(tmp_path: Path) -> None:
    store, spool = Store(), Spool(tmp_path, room=SMALL)
    store.fault = lambda _: ConnectionRefusedError()
    task = asyncio.create_task(Drainer(tmp_path, store, pace=FAST).run())
    spool.closed(entry(1))
    spool.close()
    await until(lambda: store.attempts > 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    store.fault = lambda _: None
    async with draining(Drainer(tmp_path, store, pace=FAST)):
        pass
    assert list(store.rows) == ["x1"]


async def test_what_is_removed_was_made_to_survive_a_power_failure_first(tmp_path: Path) -> None:
    for fsync, synced in ((0.0, 0), (60.0, 1)):
        store, spool = Store(), Spool(tmp_path, room=SMALL)
        spool.closed(entry(1))
        spool.close()
        async with draining(Drainer(tmp_path, store, pace=replace(FAST, fsync=fsync))):
            pass
        assert store.synced == synced


async def test_the_spool_is_synced_now_and_then(
    tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr("sluicegate.appliance.spool_folder.os.fdatasync", lambda _: synced.append("x"))
    store = Store()
    async with draining(Drainer(tmp_path, store, pace=replace(FAST, fsync=0.01))):
        await until(lambda: len(synced) > 0)
        spool.close()


def test_what_did_not_change_is_not_synced_again(tmp_path: Path, spool: Spool) -> None:
    sources = Sources(tmp_path, lambda _: None)
    sources.discover(0.0)
    assert sources.unsynced() != []
    assert sources.unsynced() == []
    spool.closed(entry(1))
    assert sources.unsynced() != []
    spool.close()


async def test_bytes_on_the_disk_are_told(tmp_path: Path, spool: Spool) -> None:
    drainer = Drainer(tmp_path, Store(), pace=FAST)
    assert drainer.spool_bytes >= 65536
    spool.close()
    async with draining(drainer):
        pass
    assert drainer.spool_bytes == 0


def named(exchange_id: str, outcome: str = "complete") -> AuditEntry:
    return replace(ENTRY, exchange_id=exchange_id, outcome=outcome)


async def test_an_exchange_is_found_as_soon_as_it_was_recorded(tmp_path: Path, spool: Spool) -> None:
    store = Store()
    drainer = Drainer(tmp_path, store, pace=replace(FAST, interval=60.0))
    reader: AuditReader = AuditFinder(drainer, store)
    async with asyncio.timeout(20), draining(drainer):
        for _ in range(20):
            name = new_id(time.time())
            spool.closed(named(name))
            assert await reader.find(name, SOMEBODY) is not None
        spool.close()


async def test_a_running_exchange_is_found_and_then_its_end(tmp_path: Path, spool: Spool) -> None:
    store = Store()
    drainer = Drainer(tmp_path, store, pace=replace(FAST, interval=60.0, open_after=0.0))
    reader = AuditFinder(drainer, store, clock=lambda: 1000.0)
    name = new_id(1000.0)
    async with asyncio.timeout(20), draining(drainer):
        for outcome in (OPEN, OPEN, "complete", "complete"):
            (spool.opened if outcome == OPEN else spool.closed)(named(name, outcome))
            found = await reader.find(name, SOMEBODY)
            assert found is not None
            assert found.outcome == outcome
        spool.close()


@pytest.mark.parametrize("changed", ["tenant_id", "application_id"])
async def test_nobody_else_finds_it(tmp_path: Path, spool: Spool, changed: str) -> None:
    store = Store()
    drainer = Drainer(tmp_path, store, pace=FAST)
    reader = AuditFinder(drainer, store, clock=lambda: 1000.0)
    name, stranger = new_id(1000.0), replace(SOMEBODY, **{changed: "another"})
    async with asyncio.timeout(20), draining(drainer):
        spool.opened(named(name, OPEN))
        await drainer.catch_up()
        assert drainer.held(name) is not None
        assert await reader.find(name, stranger) is None
        spool.closed(named(name))
        assert await reader.find(name, SOMEBODY) is not None
        assert await reader.find(name, stranger) is None
        spool.close()


_OLD = "0000000d-bba0-7000-8000-000000000000"  # second 900
_EARLY = "00000010-c8e0-7000-8000-000000000000"  # second 1100


@pytest.mark.parametrize("name", ["", "x1", "../../etc/passwd", "\x00", _OLD, _EARLY])
async def test_nobody_waits_for_what_cannot_be_on_its_way(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drainer = Drainer(tmp_path, Store(), pace=FAST)
    monkeypatch.setattr(drainer, "catch_up", None)
    assert await AuditFinder(drainer, Store(), clock=lambda: 1000.0).find(name, SOMEBODY) is None


async def test_a_lookup_does_not_wait_for_ever_for_a_database_that_is_away(
    tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.appliance.audit_finder._PATIENCE_SECONDS", 0.02)
    store = Store()
    store.gate.clear()
    drainer = Drainer(tmp_path, store, pace=FAST)
    reader = AuditFinder(drainer, store, clock=lambda: 1000.0)
    async with asyncio.timeout(20), draining(drainer):
        spool.closed(entry(1))
        await until(lambda: store.attempts == 1)
        assert await reader.find(new_id(1000.0), SOMEBODY) is None
        store.gate.set()
        spool.close()
