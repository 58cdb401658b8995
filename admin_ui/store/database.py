"""One door to the database: engine, sessions, transactions."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from .errors import DatabaseFault
from .url import canonical

_BUSY_MS = 10_000
_WRITE = "sluicegate_write"
_PRAGMAS = (
    # Of a new file only. The record is appended a megabyte at a time.
    "page_size=8192",
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=NORMAL",
)


class Database:
    """A SQLite file or a PostgreSQL server.

    `url` takes ``sqlite:///FILE`` and ``postgresql://...`` with or without the driver's name.
    Raises `DatabaseFault` for other addresses. Nothing is opened before `open`.
    """

    def __init__(self, url: str, *, pool_size: int = 5, max_overflow: int = 10) -> None:
        self.url: URL = canonical(url)
        self._pool = (pool_size, max_overflow)
        self._engine: AsyncEngine | None = None

    @property
    def engine(self) -> AsyncEngine:
        """The open engine. Raises `DatabaseFault` before `open` and after `close`."""
        if self._engine is None:
            raise DatabaseFault("the database is not open")
        return self._engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.url.get_backend_name()

    async def open(self) -> None:
        """Make the engine. A SQLite file that is not there yet is made readable by its owner only."""
        if self._engine is None:
            self._engine = make_engine(self.url, *self._pool)

    async def close(self) -> None:
        """Give back every connection."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.dispose()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a session for reading; nothing it changes is kept."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session for one change: committed at the end, rolled back on any error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            await session.connection(execution_options={_WRITE: True})
            yield session


def make_engine(url: URL, pool_size: int = 1, max_overflow: int = 0) -> AsyncEngine:
    """Make an engine for a canonical address, set up for its database."""
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_pre_ping=True,
            pool_recycle=3600,
            hide_parameters=True,
        )
    _make_file(url)
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=max_overflow, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_file(url: URL) -> None:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseFault(f"cannot open the database file {path}: {error.strerror}") from error


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """The driver's own transactions begin too late for reads and lock too late for writes."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_BUSY_MS}", *_PRAGMAS):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer locks at once: one that locks half-way can only fail, not wait."""
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
