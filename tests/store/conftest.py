"""Databases for the contract suite: every test runs on a SQLite file and on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.directory import Directory
from sluicegate.admin_ui.store.schema import upgrade
from sluicegate.admin_ui.store.url import canonical
from sluicegate.detection.presets import preset
from tests.store import postgres_server
from tests.store.postgres_server import PostgresServer

PEPPER = b"p" * 32
AUDIT_KEY = b"a" * 32
_TEMPLATE = "migrated"
_numbers = count()


async def _execute(server: PostgresServer, statement: str) -> None:
    engine = create_async_engine(canonical(server.url("postgres")), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run, with a migrated database to copy."""
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.running() as server:
        asyncio.run(_execute(server, f"CREATE DATABASE {_TEMPLATE}"))
        asyncio.run(upgrade(server.url(_TEMPLATE)))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"empty_{next(_numbers)}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    return server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes migrated databases, empty of rows."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")

        def copied() -> str:
            path = tmp_path / f"{next(_numbers)}.sqlite3"
            path.write_bytes(template.read_bytes())
            return f"sqlite:///{path}"

        return copied
    server: PostgresServer = request.getfixturevalue("postgres")

    def created() -> str:
        name = f"test_{next(_numbers)}"
        asyncio.run(_execute(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}"))
        return server.url(name)

    return created


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """The address of one migrated database."""
    return new_url()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """One open, migrated database."""
    opened = Database(url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def control(database: Database) -> Control:
    """The control plane over it."""
    return Control(database, PEPPER)


@pytest.fixture
def directory(database: Database) -> Directory:
    """A directory over it, not loaded yet."""
    return Directory(database, PEPPER, preset("balanced"))


@pytest.fixture
def audit_log(database: Database) -> AuditLog:
    """The audit log over it."""
    return AuditLog(database, AUDIT_KEY)
