"""One door to the database: engine, sessions, transactions."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from .errors import DatabaseFault
from .threads import WRITE, Threads
from .url import canonical

_BUSY_MS = 10_000
_PRAGMAS = (
    # Of a new file only. The record is appended a megabyte at a time.
    "page_size=8192",
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=NORMAL",
    # Pages of the log before they are brought home: 32 megabytes, half as often is half the work.
    "wal_autocheckpoint=4000",
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
        self._threads: Threads | None = None

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
            self._threads = Threads(_plain_engine(self.url)) if self.dialect == "sqlite" else None

    async def close(self) -> None:
        """Give back every connection."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.dispose()
        if self._threads is not None:
            threads, self._threads = self._threads, None
            await threads.close()

    async def run[T](self, task: Callable[[Connection], T], *, write: bool = False) -> T:
        """Run a task in one transaction, committed at its end and rolled back on any error.

        The cheapest way to the database, for what is done all the time. The task may run in
        another thread, and to its end when the caller is cancelled. It may roll back itself.
        """
        engine = self.engine
        if self._threads is not None:
            return await self._threads.run(task, write=write)
        async with engine.connect() as connection:
            made = await connection.run_sync(task)
            await connection.commit()
        return made

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a session for reading; nothing it changes is kept."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session for one change: committed at the end, rolled back on any error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            await session.connection(execution_options={WRITE: True})
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
    _set_up(engine.sync_engine)
    return engine


def _plain_engine(url: URL) -> Engine:
    """Make an engine over the same SQLite file with the driver that blocks, for threads."""
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), hide_parameters=True)
    _set_up(engine)
    return engine


def _set_up(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


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
    write = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
