"""Brings a database to the tables this version needs."""

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from .database import Database

HEAD = "0002"
"""The newest revision under `migrations/versions`; a test keeps the two equal."""

_LOCK = 0x534C5547
"""Number of the PostgreSQL advisory lock that lets one process at a time migrate."""


async def upgrade(url: str) -> bool:
    """Bring the database at `url` to `HEAD`; return whether there was anything to do.

    Safe to call from several processes at once: one migrates, the others wait and find it done.
    Raises `DatabaseFault` when the database was made by a newer version.
    """
    database = Database(url, pool_size=1, max_overflow=0)
    await database.open()
    try:
        async with database.session() as session:
            connection = await session.connection()
            if await connection.run_sync(stamped) == HEAD:
                return False
        async with database.transaction() as session:
            connection = await session.connection()
            return await connection.run_sync(_migrate)
    finally:
        await database.close()


def stamped(connection: Connection) -> str | None:
    """Return the revision the database is at, None for one without our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _migrate(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    if stamped(connection) == HEAD:
        return False
    from .migrate import run  # noqa: PLC0415  # a start that has nothing to migrate does not pay for Alembic

    run(connection)
    return True
