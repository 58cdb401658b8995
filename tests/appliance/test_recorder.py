"""The recorder loses nothing while the database is away, and never makes the data path wait."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from sluicegate.appliance.recorder import Pace, Recorder
from sluicegate.detection.ports import AuditReader, AuditSink
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import Action, AuditCore, AuditEntry, Principal, Verdict

FAST = Pace(capacity=100, batch=10, interval=0.01, first_retry=0.001, last_retry=0.004)
CORE = AuditCore("openai_chat", "m", "p", Verdict(Action.PASS), None)


def entry(number: int, outcome: str = "complete", principal: Principal = SOMEBODY) -> AuditEntry:
    return AuditEntry(
        f"x{number}", principal, "gateway", "POST", "/v1/chat/completions", "demo", 200, outcome, False,
        1.0, 0.001, 0.1, "127.0.0.1", CORE,
    )  # fmt: skip


class Store:
    """A database that can be away, slow, or refuse an entry for good."""

    def __init__(self) -> None:
        self.rows: dict[str, AuditEntry] = {}
        self.batches: list[int] = []
        self.attempts = 0
        self.fault: Callable[[Sequence[AuditEntry]], BaseException | None] = lambda _: None
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        self.attempts += 1
        await self.gate.wait()
        if (fault := self.fault(entries)) is not None:
            raise fault
        self.batches.append(len(entries))
        self.rows.update({item.exchange_id: item for item in entries})

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        found = self.rows.get(exchange_id)
        return found if found and found.principal == principal else None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - any condition, not one that an event announces
            await asyncio.sleep(0.001)


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    task = asyncio.create_task(recorder.run())
    yield
    recorder.stop()
    async with asyncio.timeout(20):
        await task


async def test_it_is_both_ports() -> None:
    recorder = Recorder(Store())
    sink: AuditSink = recorder
    reader: AuditReader = recorder
    assert [sink, reader] == [recorder, recorder]


async def test_everything_is_written_in_batches_and_flushed_at_the_end() -> None:
    store = Store()
    recorder = Recorder(store, pace=FAST)
    async with running(recorder):
        for number in range(35):
            recorder.opened(entry(number, "open"))
    assert len(store.rows) == 35
    assert max(store.batches) == 10
    assert recorder.pending == 0


async def test_an_end_that_comes_before_the_beginning_was_written_replaces_it() -> None:
    store = Store()
    recorder = Recorder(store, pace=FAST)
    recorder.opened(entry(1, "open"))
    recorder.closed(entry(1))
    async with running(recorder):
        pass
    assert store.batches == [1]
    assert store.rows["x1"].outcome == "complete"


async def test_an_end_that_comes_while_the_beginning_is_being_written_is_written_after_it() -> None:
    store = Store()
    recorder = Recorder(store, pace=FAST)
    async with running(recorder):
        store.gate.clear()
        recorder.opened(entry(1, "open"))
        await until(lambda: store.attempts == 1)
        recorder.closed(entry(1))
        store.gate.set()
    assert store.rows["x1"].outcome == "complete"


@pytest.mark.parametrize(
    "fault",
    [
        OperationalError("INSERT", {}, Exception("database is locked")),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_database_that_is_away_and_comes_back_loses_nothing(fault: Exception) -> None:
    store, lost = Store(), list[int]()
    recorder = Recorder(store, pace=FAST, lost=lost.append)
    async with running(recorder):
        recorder.opened(entry(0, "open"))
        await until(lambda: len(store.rows) == 1)
        store.fault = lambda _: fault
        for number in range(30):
            recorder.opened(entry(number, "open"))
            recorder.closed(entry(number))
        await until(lambda: store.attempts > 4)
        assert recorder.pending == 30
        store.fault = lambda _: None
        await until(lambda: recorder.pending == 0)
    assert {row.outcome for row in store.rows.values()} == {"complete"}
    assert (len(store.rows), lost) == (30, [])


async def test_a_database_that_comes_back_during_the_stop_still_gets_everything() -> None:
    store = Store()
    store.fault = lambda _: ConnectionRefusedError()
    recorder = Recorder(store, pace=FAST)
    task = asyncio.create_task(recorder.run())
    recorder.closed(entry(1))
    await until(lambda: store.attempts > 0)
    recorder.stop()
    store.fault = lambda _: None
    async with asyncio.timeout(20):
        await task
    assert list(store.rows) == ["x1"]


class TooLong(Exception):
    sqlstate = "22001"


@pytest.mark.parametrize(
    "poison",
    [
        DataError("INSERT", {}, Exception("value too long")),
        DBAPIError("INSERT", {}, TooLong()),
        UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_an_entry_the_database_will_never_take_holds_up_no_other(poison: Exception) -> None:
    store, lost = Store(), list[int]()
    store.fault = lambda entries: poison if any(item.exchange_id == "x3" for item in entries) else None
    recorder = Recorder(store, pace=FAST, lost=lost.append)
    for number in range(6):
        recorder.closed(entry(number))
    async with running(recorder):
        pass
    assert sorted(store.rows) == ["x0", "x1", "x2", "x4", "x5"]
    assert lost == [1]


async def test_a_full_queue_refuses_new_exchanges_and_drops_none_that_were_accepted() -> None:
    store = Store()
    store.fault = lambda _: ConnectionRefusedError()
    recorder = Recorder(store, pace=replace(FAST, capacity=5))
    async with running(recorder):
        for number in range(5):
            assert recorder.accepting
            recorder.opened(entry(number, "open"))
        accepting = recorder.accepting
        assert not accepting
        for number in range(5):
            recorder.closed(entry(number))
        recorder.closed(entry(5))
        store.fault = lambda _: None
        await until(lambda: recorder.pending == 0)
        assert recorder.accepting
    assert len(store.rows) == 6


async def test_with_count_a_full_queue_goes_on_and_counts_what_is_lost() -> None:
    store, lost = Store(), list[int]()
    recorder = Recorder(store, overflow="count", pace=replace(FAST, capacity=2), lost=lost.append)
    for number in range(4):
        assert recorder.accepting
        recorder.opened(entry(number, "open"))
    recorder.closed(entry(0))
    assert (recorder.pending, sum(lost)) == (2, 2)
    async with running(recorder):
        pass
    assert {key: row.outcome for key, row in store.rows.items()} == {"x0": "complete", "x1": "open"}


async def test_giving_up_counts_what_was_not_written() -> None:
    store, lost = Store(), list[int]()
    recorder = Recorder(store, pace=FAST, lost=lost.append)
    recorder.closed(entry(1))
    recorder.closed(entry(2))
    assert (recorder.abandon(), recorder.pending, lost) == (2, 0, [2])


async def test_an_entry_is_found_before_it_is_written_by_its_own_application_only() -> None:
    store = Store()
    recorder = Recorder(store, pace=FAST)
    other = replace(SOMEBODY, application_id="application-2")
    foreign = replace(SOMEBODY, tenant_id="tenant-2")
    recorder.opened(entry(1, "open"))
    assert await recorder.find("x1", SOMEBODY) == entry(1, "open")
    assert await recorder.find("x1", other) is None
    assert await recorder.find("x1", foreign) is None
    async with running(recorder):
        store.gate.clear()
        await until(lambda: store.attempts == 1)
        assert await recorder.find("x1", SOMEBODY) == entry(1, "open")
        recorder.closed(entry(1))
        assert await recorder.find("x1", SOMEBODY) == entry(1)
        store.gate.set()
    assert await recorder.find("x1", SOMEBODY) == entry(1)
    assert await recorder.find("x2", SOMEBODY) is None


async def test_every_end_is_told_once_even_when_writing_it_takes_several_attempts() -> None:
    store, told = Store(), list[str]()
    store.fault = lambda _: ConnectionRefusedError()
    recorder = Recorder(store, pace=FAST, closed=lambda item: told.append(item.exchange_id))
    async with running(recorder):
        recorder.opened(entry(1, "open"))
        recorder.closed(entry(2))
        await until(lambda: store.attempts > 3)
        store.fault = lambda _: None
        recorder.closed(entry(1))
    assert sorted(told) == ["x1", "x2"]
