"""SQLite without a hop between threads for every statement: the whole of a task in one.

The asynchronous driver crosses to its thread and back some four times a statement, which costs more
than most statements do.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine

WRITE = "sluicegate_write"
"""Execution option of a connection whose transaction will write."""

_MOST = 4


class Threads:
    """A few threads that run tasks over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(_MOST, "database")

    async def run[T](self, task: Callable[[Connection], T], *, write: bool) -> T:
        """Run the task in a transaction of its own, to the end even when the caller is cancelled."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._transaction, task, write)

    async def close(self) -> None:
        """Return when every task has ended and the connections are closed."""
        await asyncio.to_thread(self._pool.shutdown)
        self._engine.dispose()

    def _transaction[T](self, task: Callable[[Connection], T], write: bool) -> T:
        with self._engine.connect() as connection:
            connection.execution_options(**{WRITE: write})
            made = task(connection)
            connection.commit()
        return made
