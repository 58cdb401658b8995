"""The database of a data directory, opened with the tables of this version."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from ..admin_ui.store.control import Control
from ..admin_ui.store.database import Database
from ..admin_ui.store.schema import upgrade
from .errors import ApplianceError
from .secrets import FILE, load_secrets
from .settings import Settings

DATABASE = "sluicegate.db"


def database_url(settings: Settings) -> str:
    """Return the configured database, else the file in the data directory."""
    return settings.database_url or f"sqlite:///{(settings.data_dir / DATABASE).resolve()}"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open the database with the tables of this version. Raises `ApplianceError` when it is away."""
    url = database_url(settings)
    try:
        await upgrade(url)
        database = Database(url)
        await database.open()
    except (SQLAlchemyError, OSError) as error:
        raise away(error) from error
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def control_of(settings: Settings) -> AsyncIterator[Control]:
    """Open the control plane of an appliance that has been started before.

    Raises `ApplianceError` where none has: a key made in the wrong place would open nothing.
    """
    if not (settings.data_dir / FILE).exists():
        raise ApplianceError(
            f"data_dir: no appliance was started in {settings.data_dir} yet; name its folder with --data-dir"
        )
    secrets = load_secrets(settings.data_dir)
    try:
        async with opened(settings) as database:
            yield Control(database, secrets.pepper)
    except (SQLAlchemyError, OSError) as error:
        raise away(error) from error


def away(error: Exception) -> ApplianceError:
    """Say that the database cannot be used, without its address: that may hold a password."""
    cause = getattr(error, "orig", None) or error
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return ApplianceError(f"the database cannot be used: {reason}")


def first_secrets_file(settings: Settings) -> Path:
    """Where secrets of the first start go when nobody watches a terminal."""
    return settings.data_dir / "first-password-and-key.txt"
