"""What runs beside the servers: the record is written to its end, and a part that dies is noticed."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from sluicegate.appliance import life
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.recorder import Pace, Recorder
from sluicegate.appliance.refresher import Refresher
from sluicegate.detection.testing import SOMEBODY, FakeClock, FakeInspector
from sluicegate.detection.types import Action, AuditCore, AuditEntry, Principal, Verdict

CORE = AuditCore("openai_chat", "m", "p", Verdict(Action.PASS), None)
ENTRY = AuditEntry(
    "x1", SOMEBODY, "gateway", "POST", "/v1/chat/completions", "demo", 200, "complete", False,
    1.0, 0.001, 0.1, "127.0.0.1", CORE,
)  # fmt: skip


class Store:
    def __init__(self, away: bool) -> None:
        self.away = away
        self.written: list[AuditEntry] = []

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        if self.away:
            raise ConnectionRefusedError
        self.written += entries

    async def find(self, _: str, __: Principal) -> AuditEntry | None:
        return None

    async def refresh(self) -> bool:
        return False


class Unending:
    async def ended(self) -> None:
        await asyncio.Event().wait()


def _appliance(store: Store) -> Any:
    pace = Pace(interval=60, first_retry=0.001, last_retry=0.002)
    return SimpleNamespace(recorder=Recorder(store, pace=pace), refresher=Refresher(store, FakeClock()))


async def test_what_was_recorded_last_is_written_before_the_end() -> None:
    store = Store(away=False)
    appliance = _appliance(store)
    async with asyncio.timeout(20), life._background(appliance, FakeInspector()):
        appliance.recorder.closed(ENTRY)
        assert store.written == []
    assert store.written == [ENTRY]


async def test_what_cannot_be_written_is_counted_and_fails_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "RECORD_SECONDS", 0.05)
    appliance = _appliance(Store(away=True))
    with pytest.raises(ApplianceError, match="1 audit entries could not be written"):
        async with asyncio.timeout(20), life._background(appliance, FakeInspector()):
            appliance.recorder.closed(ENTRY)


async def test_a_recorder_that_dies_ends_the_appliance() -> None:
    async def die() -> None:
        raise RuntimeError

    recording = asyncio.create_task(die())
    servers: Any = Unending()
    with pytest.raises(ApplianceError, match="the recorder ended by itself"):
        async with asyncio.timeout(20):
            await life._until_stopped(asyncio.Event(), servers, recording)
    await asyncio.gather(recording, return_exceptions=True)


async def test_a_server_that_ends_ends_the_appliance() -> None:
    recording: asyncio.Task[Any] = asyncio.create_task(asyncio.Event().wait())
    servers: Any = SimpleNamespace(ended=lambda: asyncio.sleep(0))
    with pytest.raises(ApplianceError, match="a server ended by itself"):
        async with asyncio.timeout(20):
            await life._until_stopped(asyncio.Event(), servers, recording)
    recording.cancel()


async def test_a_signal_ends_the_wait() -> None:
    stop = asyncio.Event()
    recording: asyncio.Task[Any] = asyncio.create_task(asyncio.Event().wait())
    servers: Any = Unending()
    asyncio.get_running_loop().call_soon(stop.set)
    async with asyncio.timeout(20):
        await life._until_stopped(stop, servers, recording)
    recording.cancel()
