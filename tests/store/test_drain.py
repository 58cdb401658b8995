"""From the spool into a real database: locked, stopped, replaced, and read again after every crash."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.chain import verify
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.schema import upgrade
from sluicegate.appliance.drainer import Drainer, Pace
from sluicegate.appliance.spool import Spool, SpoolRoom
from tests.appliance.spooling import entry, worker
from tests.store import postgres_server
from tests.store.conftest import AUDIT_KEY
from tests.store.postgres_server import StoppableServer

FAST = Pace(
    batch=200, interval=0.005, probe=0.01, open_after=0.02, first_retry=0.01, last_retry=0.05, fsync=0.05
)
SMALL = SpoolRoom(segment_bytes=65536)


@pytest.fixture(scope="module")
def server() -> Iterator[StoppableServer]:
    """A PostgreSQL that only these tests use."""
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.stoppable() as running:
        asyncio.run(upgrade(running.url("postgres")))
        yield running


async def _rows(database: Database) -> dict[str, str]:
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT request_id, outcome FROM detection_results"))
        return {str(name): str(outcome) for name, outcome in rows}


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - any condition, not one that an event announces
            await asyncio.sleep(0.01)


async def _stored(count: int, database: Database) -> None:
    """Wait until so many exchanges are in the database, which may still be starting."""
    rows: dict[str, str] = {}
    async with asyncio.timeout(60):
        while len(rows) < count:
            with suppress(SQLAlchemyError, OSError):
                rows = await _rows(database)
            await asyncio.sleep(0.01)


async def _drained(folder: Path, log: AuditLog) -> None:
    """Drain what is there, to the end."""
    drainer = Drainer(folder, log, pace=FAST)
    drainer.stop()
    async with asyncio.timeout(60):
        await drainer.run()


async def test_a_killed_worker_is_in_the_database(
    database: Database, audit_log: AuditLog, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    with worker(folder, 400) as process:
        process.kill()
        process.wait()
        await _drained(folder, audit_log)
    expected = {f"x{n}": "complete" if n % 10 else "interrupted" for n in range(400)}
    assert await _rows(database) == expected
    assert await verify(database, AUDIT_KEY) is None


_DRAIN = """
import asyncio, sys
from pathlib import Path
from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.database import Database
from sluicegate.appliance.drainer import Drainer
from tests.store.conftest import AUDIT_KEY
from tests.store.test_drain import FAST

async def main():
    database = Database(sys.argv[1])
    await database.open()
    log = AuditLog(database, AUDIT_KEY)
    tell = lambda _: print("stored", flush=True)
    await Drainer(Path(sys.argv[2]), log, pace=FAST, publish=tell).run()

asyncio.run(main())
"""


def _drain_process(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _DRAIN, url, str(folder)], stdout=subprocess.PIPE)


async def test_worker_and_drainer_killed_again_and_again(
    database: Database, audit_log: AuditLog, url: str, tmp_path: Path
) -> None:
    """Each drainer is killed somewhere after its n-th batch; what it had stored is read again."""
    folder = tmp_path / "spool"
    folder.mkdir()
    for batches in (1, 2, 5):
        with worker(folder, 200, goes_on=True) as writing, _drain_process(url, folder) as drain:
            assert drain.stdout is not None
            for _ in range(batches):
                assert await asyncio.to_thread(drain.stdout.readline) == b"stored\n"
            drain.kill()
            writing.kill()
    await _drained(folder, audit_log)
    rows = await _rows(database)
    assert set(rows.values()) <= {"complete", "interrupted"}
    numbers = sorted(int(name[1:]) for name in rows)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 200
    assert await verify(database, AUDIT_KEY) is None
    assert [path.name for path in folder.iterdir()] == ["drainer.lock"]


@asynccontextmanager
async def _recording(url: str, folder: Path) -> AsyncIterator[tuple[Database, Spool, Drainer]]:
    """A worker's spool and its drainer; at the end everything is in the database and the chain holds."""
    database = Database(url)
    await database.open()
    spool = Spool(folder, room=SMALL)
    drainer = Drainer(folder, AuditLog(database, AUDIT_KEY), pace=FAST)
    task = asyncio.create_task(drainer.run())
    yield database, spool, drainer
    spool.close()
    drainer.stop()
    async with asyncio.timeout(60):
        await task
    assert await verify(database, AUDIT_KEY) is None
    await database.close()


async def _in_vain(drainer: Drainer) -> None:
    """Return when the drainer has tried for a while."""
    await _until(lambda: drainer.lag_seconds > 0.2)


def test_a_locked_sqlite_file_delays_and_loses_nothing(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.admin_ui.store.database._BUSY_MS", 10)
    path = tmp_path / "locked.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())

    async def run() -> None:
        async with _recording(f"sqlite:///{path}", tmp_path / "spool") as (database, spool, drainer):
            with closing(sqlite3.connect(path, isolation_level=None)) as thief:
                thief.execute("BEGIN IMMEDIATE")
                for number in range(100):
                    spool.closed(entry(number))
                await _in_vain(drainer)
                assert await _rows(database) == {}
                thief.execute("ROLLBACK")
            await _stored(100, database)

    asyncio.run(run())


def test_a_database_that_was_moved_away_gets_everything_when_it_is_back(
    sqlite_template: Path, tmp_path: Path
) -> None:
    folder, away = tmp_path / "there", tmp_path / "away"
    folder.mkdir()
    (folder / "moved.sqlite3").write_bytes(sqlite_template.read_bytes())

    async def run() -> None:
        url = f"sqlite:///{folder / 'moved.sqlite3'}"
        async with _recording(url, tmp_path / "spool") as (database, spool, drainer):
            folder.rename(away)
            for number in range(100):
                spool.closed(entry(number))
            await _in_vain(drainer)
            away.rename(folder)
            await _stored(100, database)

    asyncio.run(run())


def test_a_postgres_that_stops_and_starts_gets_everything_once(
    server: StoppableServer, tmp_path: Path
) -> None:
    async def run() -> None:
        async with _recording(server.url("postgres"), tmp_path) as (database, spool, drainer):
            for turn in range(3):
                for number in range(100):
                    spool.opened(entry(turn * 200 + number, "open"))
                    spool.closed(entry(turn * 200 + number))
                await asyncio.to_thread(server.stop)
                for number in range(100, 200):
                    spool.closed(entry(turn * 200 + number))
                await _in_vain(drainer)
                await asyncio.to_thread(server.start)
                await _stored((turn + 1) * 200, database)
            assert await _rows(database) == {f"x{number}": "complete" for number in range(600)}

    asyncio.run(run())
