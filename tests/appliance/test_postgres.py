"""The appliance on a real PostgreSQL, which goes away and comes back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import create_async_engine

from sluicegate.admin_ui.store.url import canonical
from tests.store import postgres_server
from tests.store.postgres_server import PostgresServer
from tests.support.appliance import command, environment, started, until


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.running() as running:
        yield running


def _execute(server: PostgresServer, *statements: str, database: str = "postgres") -> list[Row[Any]]:
    async def run() -> list[Row[Any]]:
        engine = create_async_engine(canonical(server.url(database)), isolation_level="AUTOCOMMIT")
        rows: list[Row[Any]] = []
        async with engine.connect() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
                rows += result.all() if result.returns_rows else []
        await engine.dispose()
        return rows

    return asyncio.run(run())


def _make(server: PostgresServer, name: str) -> str:
    _execute(server, f"CREATE DATABASE {name}")
    return server.url(name)


def test_it_serves_and_its_commands_work(server: PostgresServer, tmp_path: Path) -> None:
    with started(tmp_path, database_url=_make(server, "plain")) as running:
        assert running.ask("Hello").status_code == 200
        assert not (running.data_dir / "sluicegate.db").exists()
        key = running.run("key", "create", "--application", "shop").stdout.strip()
        until(lambda: running.ask("Hello", key=key).status_code == 200 or None, "the new key to work", 10)


def test_a_database_that_goes_away_and_comes_back_loses_no_entry(
    server: PostgresServer, tmp_path: Path
) -> None:
    with started(tmp_path, database_url=_make(server, "leaving")) as running:
        asked = [running.ask("Hello").headers["x-sluicegate-request-id"]]
        _execute(
            server,
            "ALTER DATABASE leaving ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'leaving'",
        )
        asked += [running.ask("Hello").headers["x-sluicegate-request-id"] for _ in range(5)]
        ready = f"{running.proxy}/ready"
        away = until(lambda: _not_ready(running.client.get(ready).json()), "readiness to end")
        assert "database" in away
        assert running.client.get(f"{running.proxy}/health").status_code == 200
        assert running.ask("Hello").status_code == 200
        _execute(server, "ALTER DATABASE leaving ALLOW_CONNECTIONS true")
        until(lambda: running.client.get(ready).status_code == 200 or None, "readiness to come back")
        assert running.stop() == 0
        assert [running.events(name) != [] for name in ("database_away", "database_back")] == [True, True]
    rows = _execute(server, "SELECT request_id, outcome FROM detection_results", database="leaving")
    recorded = {row.request_id: row.outcome for row in rows}
    assert {request_id: recorded.get(request_id) for request_id in asked} == dict.fromkeys(asked, "complete")


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://someone:a-hidden-password@127.0.0.1:9/none"
    ran = command("up", folder=tmp_path, env=environment(tmp_path / "var", database_url=url))
    assert ran.returncode == 1
    assert ran.stderr.startswith("sluicegate: the database cannot be used: ")
    assert len(ran.stderr.splitlines()) == 1
    assert "a-hidden-password" not in ran.stderr


def _not_ready(answer: dict[str, object]) -> list[object] | None:
    listed = answer.get("not_ready")
    return listed if isinstance(listed, list) else None
