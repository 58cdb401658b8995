"""Database addresses: the usual spellings, brought to the drivers we use."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .errors import DatabaseFault

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def canonical(url: str) -> URL:
    """Return the address with our asynchronous driver.

    Raises `DatabaseFault` for anything but a SQLite file or a PostgreSQL server. The error never
    repeats the address: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseFault("the database address is not a URL") from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise DatabaseFault("the database must be sqlite:///FILE or postgresql://HOST/NAME")
    parsed = parsed.set(drivername=driver)
    return _postgres(parsed) if driver.startswith("postgresql") else _sqlite(parsed)


def _sqlite(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseFault("SQLite needs a file (sqlite:///FILE): what is in memory is lost")
    return url


def _postgres(url: URL) -> URL:
    """`sslmode` is libpq's word; asyncpg takes the same values as `ssl`."""
    mode = url.query.get("sslmode")
    if mode is None:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
