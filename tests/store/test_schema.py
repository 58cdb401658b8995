"""The migrations make what the tables say, once, quickly, and never over a newer database."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from sluicegate.admin_ui.models import Table
from sluicegate.admin_ui.store import migrate
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.errors import DatabaseFault
from sluicegate.admin_ui.store.schema import HEAD, stamped, upgrade


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, Table.metadata))


async def test_tables_and_migrations_agree(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_missing_column_would_be_noticed(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE users DROP COLUMN last_login_at"))
        assert await connection.run_sync(_differences) != []


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(migrate.config()).get_heads() == [HEAD]


async def test_upgrading_twice_does_nothing_the_second_time(empty_url: str) -> None:
    assert await upgrade(empty_url) is True
    assert await upgrade(empty_url) is False


async def test_many_processes_may_start_at_once(empty_url: str) -> None:
    assert sorted(await asyncio.gather(*[upgrade(empty_url) for _ in range(4)])) == [
        False,
        False,
        False,
        True,
    ]


async def test_a_newer_database_is_left_alone(url: str) -> None:
    database = Database(url)
    await database.open()
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseFault, match="does not know"):
        await upgrade(url)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(stamped) == "9999"
    await database.close()


async def test_a_failed_migration_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_after(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise DatabaseFault("broken on purpose")

    monkeypatch.setattr(migrate, "run", fail_after)
    with pytest.raises(DatabaseFault, match="on purpose"):
        await upgrade(empty_url)
    database = Database(empty_url)
    await database.open()
    async with database.engine.connect() as connection:
        assert await connection.run_sync(lambda open_: inspect(open_).get_table_names()) == []
    await database.close()


def test_a_start_with_nothing_to_migrate_does_not_import_alembic(sqlite_template: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from sluicegate.admin_ui.store.schema import upgrade\n"
        "assert asyncio.run(upgrade(sys.argv[1])) is False\n"
        "assert 'alembic' not in sys.modules\n"
        "assert 'starlette_admin' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, f"sqlite:///{sqlite_template}"], check=True)


async def test_going_down_leaves_no_table(tmp_path: Path) -> None:
    path = tmp_path / "down.sqlite3"
    await upgrade(f"sqlite:///{path}")
    from alembic import command

    database = Database(f"sqlite:///{path}")
    await database.open()
    async with database.engine.begin() as connection:

        def down(open_: Connection) -> None:
            configuration = migrate.config()
            configuration.attributes["connection"] = open_
            command.downgrade(configuration, "base")

        await connection.run_sync(down)
    await database.close()
    left = sqlite3.connect(path)
    tables = [name for (name,) in left.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    left.close()
    assert set(tables) <= {"alembic_version", "sqlite_sequence"}
