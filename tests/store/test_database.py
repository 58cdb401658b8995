"""The one door: which addresses open it, and what a transaction promises."""

import asyncio
import stat
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import col

from sluicegate.admin_ui.models import Application, Tenant
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.errors import DatabaseFault
from sluicegate.admin_ui.store.url import canonical


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ("sqlite:///var/a.sqlite3", "sqlite+aiosqlite:///var/a.sqlite3"),
        ("sqlite+aiosqlite:////srv/a.sqlite3", "sqlite+aiosqlite:////srv/a.sqlite3"),
        ("postgresql://u:p@h:1/d", "postgresql+asyncpg://u:p@h:1/d"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
    ],
)
def test_the_usual_spellings(given: str, opened: str) -> None:
    assert canonical(given).render_as_string(hide_password=False) == opened


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        "mysql://u:hunter22@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "postgresql+psycopg://u:hunter22@h/d",
        "postgresql://u:hunter22@h:port/d",
    ],
)
def test_other_addresses_are_refused_without_repeating_them(given: str) -> None:
    with pytest.raises(DatabaseFault) as refused:
        canonical(given)
    assert "hunter22" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_database_is_opened_before_it_is_used(tmp_path: Path) -> None:
    with pytest.raises(DatabaseFault, match="not open"):
        _ = Database(f"sqlite:///{tmp_path / 'a.sqlite3'}").engine


def test_a_file_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    database = Database(f"sqlite:///{tmp_path / 'file' / 'a.sqlite3'}")
    with pytest.raises(DatabaseFault, match=r"cannot open .*a\.sqlite3"):
        asyncio.run(database.open())


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "made" / "a.sqlite3"

    async def use() -> None:
        database = Database(f"sqlite:///{path}")
        await database.open()
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE t (x INTEGER)"))
            modes = [stat.S_IMODE(file.stat().st_mode) for file in sorted(path.parent.iterdir())]
        assert len(modes) == 3
        assert set(modes) == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        await database.close()

    asyncio.run(use())


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.transaction() as session:
            session.add(Tenant(name="half"))
            await session.flush()
            raise RuntimeError("broken on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail_half_way()
    async with database.transaction() as session:
        session.add(Tenant(name="whole"))
    async with database.session() as session:
        assert (await session.scalars(select(col(Tenant.name)))).all() == ["whole"]


async def test_a_reading_session_changes_nothing(database: Database) -> None:
    async with database.session() as session:
        session.add(Tenant(name="lost"))
        await session.flush()
    async with database.session() as session:
        assert (await session.scalars(select(Tenant))).all() == []


async def test_rows_need_the_rows_they_belong_to(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            session.add(Application(tenant_id="nobody", name="bot"))


async def test_many_writers_wait_for_each_other(database: Database) -> None:
    async def add(number: int) -> None:
        async with database.transaction() as session:
            await session.execute(select(Tenant))
            session.add(Tenant(name=str(number)))

    await asyncio.gather(*[add(number) for number in range(20)])
    async with database.session() as session:
        assert len((await session.scalars(select(Tenant))).all()) == 20


async def test_wall_6_errors_do_not_show_what_was_to_be_stored(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as failed:
        async with database.transaction() as session:
            session.add(Application(tenant_id="nobody", name="my secret name"))
    assert "my secret name" not in str(failed.value)


async def test_sqlite_reads_while_it_writes(sqlite_template: Path) -> None:
    database = Database(f"sqlite:///{sqlite_template}")
    await database.open()
    async with database.engine.connect() as connection:
        pragmas = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}
    await database.close()
