"""One change of the control plane at a time, across all processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from . import crossing
from .database import Database


@asynccontextmanager
async def changing(database: Database) -> AsyncIterator[AsyncSession]:
    """Open the transaction of a change. No other change runs meanwhile, so it may look first."""
    async with database.transaction() as session:
        await session.scalar(crossing.lock())
        yield session


async def noticed(session: AsyncSession) -> None:
    """Tell every snapshot that it is old, when the change commits."""
    await session.execute(crossing.bump())
