"""20,000 exchanges while everything that can die does: each of which a client saw a byte is recorded once."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from sluicegate.admin_ui.store.url import canonical
from tests.store import postgres_server
from tests.store.postgres_server import StoppableServer
from tests.support.appliance import KEY, PASSWORD, RunningAppliance, until
from tests.support.processes import alive, named
from tests.support.traffic import Traffic

pytestmark = pytest.mark.long

EXCHANGES = int(os.environ.get("CRASH_EXCHANGES", "20000"))
AWAY_SECONDS = 60.0 if EXCHANGES >= 20_000 else 5.0
CLIENTS = 24


class Killed:
    """An appliance of two workers whose processes are killed one after the other."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = _free_ports() | {
            "api_key": KEY,
            "admin_password": PASSWORD,
            "rate_limit": "off",
            "workers": "2",
            "demo": "true",
            **settings,
        }
        self.running = RunningAppliance(folder, "up", self._settings)

    def kill(self, name: str) -> None:
        """Kill a child of a name and return when another is in its place."""
        before = named(self.running.process.pid, name)
        os.kill(before[0], signal.SIGKILL)
        until(
            lambda: len(set(named(self.running.process.pid, name)) - {before[0]}) == len(before) or None,
            "a replacement",
        )

    def kill_supervisor(self) -> None:
        """Kill the supervisor, with which its children end, and start again."""
        children = [pid for name in ("worker", "control") for pid in named(self.running.process.pid, name)]
        self.running.process.kill()
        self.running.process.wait()
        until(lambda: not any(map(alive, children)) or None, "the children to end")
        self.running.client.close()
        self.running = RunningAppliance(self._folder, "up", self._settings)


def _free_ports() -> dict[str, str]:
    names = ("admin_port", "detection_port", "proxy_port")
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: str(taken.getsockname()[1]) for name, taken in zip(names, sockets, strict=True)}
    for taken in sockets:
        taken.close()
    return ports


@asynccontextmanager
async def _under_traffic(killed: Killed) -> AsyncIterator[Traffic]:
    """Send everything while the body runs, and see the record through to its end."""
    traffic = Traffic.to(killed.running)
    flowing = asyncio.create_task(traffic.flow(CLIENTS, lambda: len(traffic.seen) >= EXCHANGES))
    yield traffic
    await flowing
    assert killed.running.stop() == 0


async def _at(traffic: Traffic, share: float) -> None:
    """Wait until a share of all exchanges was seen."""
    await _until(lambda: len(traffic.seen) >= share * EXCHANGES)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - many clients count
        await asyncio.sleep(0.05)


def _check(killed: Killed, traffic: Traffic, rows: list[tuple[str, str]]) -> None:
    counted = Counter(name for name, _ in rows)
    assert len(set(traffic.seen)) == len(traffic.seen)
    assert [name for name in traffic.seen if counted[name] != 1] == []
    assert {outcome for _, outcome in rows} <= {
        "complete", "client_gone", "interrupted", "upstream_error", "error",
    }  # fmt: skip
    verified = killed.running.run("audit", "verify")
    assert verified.returncode == 0, verified.stderr
    left = [path.name for path in (killed.running.data_dir / "spool").iterdir()]
    assert left == ["drainer.lock"]


_QUERY = "SELECT request_id, outcome FROM detection_results"


def _sqlite_rows(running: RunningAppliance) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(running.data_dir / "sluicegate.db")) as connection:
        return connection.execute(_QUERY).fetchall()


async def _postgres_rows(url: str) -> list[tuple[str, str]]:
    engine = create_async_engine(canonical(url))
    async with engine.connect() as connection:
        rows = [(str(row[0]), str(row[1])) for row in await connection.execute(text(_QUERY))]
    await engine.dispose()
    return rows


@pytest.mark.timeout(3600)
async def test_killed_processes_lose_and_repeat_nothing(tmp_path: Path) -> None:
    killed = await asyncio.to_thread(Killed, tmp_path)
    try:
        async with _under_traffic(killed) as traffic:
            for share, kill in _killings(killed):
                await _at(traffic, share)
                await asyncio.to_thread(kill)
        _check(killed, traffic, _sqlite_rows(killed.running))
    finally:
        killed.running.close()


def _killings(killed: Killed) -> Iterator[tuple[float, Callable[[], None]]]:
    yield 0.15, lambda: killed.kill("worker")
    yield 0.30, lambda: killed.kill("control")
    yield 0.50, killed.kill_supervisor
    yield 0.70, lambda: killed.kill("worker")
    yield 0.75, lambda: killed.kill("control")
    yield 0.90, killed.kill_supervisor


@pytest.mark.timeout(3600)
async def test_a_postgres_that_is_away_for_a_minute_gets_everything(tmp_path: Path) -> None:
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.stoppable() as server:
        await _without_postgres(server, tmp_path)


async def _without_postgres(server: StoppableServer, folder: Path) -> None:
    killed = await asyncio.to_thread(Killed, folder, database_url=server.url("postgres"))
    try:
        async with _under_traffic(killed) as traffic:
            await _at(traffic, 0.2)
            await asyncio.to_thread(server.stop)
            before = len(traffic.seen)
            await asyncio.sleep(AWAY_SECONDS / 2)
            await asyncio.to_thread(killed.kill, "worker")
            await asyncio.sleep(AWAY_SECONDS / 2)
            assert len(traffic.seen) > before or len(traffic.seen) >= EXCHANGES
            await asyncio.to_thread(server.start)
        _check(killed, traffic, await _postgres_rows(server.url("postgres")))
    finally:
        killed.running.close()


@pytest.fixture
def small_spool(tmp_path: Path) -> Iterator[Path]:
    """The spool of a data directory, on a disk of its own with room for four segments."""
    folder = tmp_path / "var" / "spool"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "var").chmod(0o700)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=18m,mode=0700", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("small_spool")
async def test_a_full_spool_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """Nothing is drained, for somebody holds the database; the disk fills up; then it is let go."""
    killed = await asyncio.to_thread(Killed, tmp_path)
    try:
        async with _under_traffic(killed) as traffic:
            await _at(traffic, 0.05)
            path = killed.running.data_dir / "sluicegate.db"
            with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as thief:
                thief.execute("BEGIN IMMEDIATE")
                await _until(lambda: traffic.statuses.get(503, 0) > 50 or len(traffic.seen) >= EXCHANGES)
                thief.execute("ROLLBACK")
            if EXCHANGES >= 20_000:
                assert traffic.statuses[503] > 50
        _check(killed, traffic, _sqlite_rows(killed.running))
    finally:
        killed.running.close()
