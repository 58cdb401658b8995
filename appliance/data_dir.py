"""The database of a data directory, opened with the tables of this version."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from ..admin_ui.store.chain import Break, verify
from ..admin_ui.store.control import Control
from ..admin_ui.store.database import Database
from ..admin_ui.store.schema import upgrade
from .errors import ApplianceError
from .secrets import FILE, Secrets, load_secrets
from .settings import Settings

DATABASE = "sluicegate.db"


def database_url(settings: Settings) -> str:
    """Return the configured database, else the file in the data directory."""
    return settings.database_url or f"sqlite:///{(settings.data_dir / DATABASE).resolve()}"


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a database that is away makes its driver raise into an `ApplianceError`.

    The database's address is not in it: that may hold a password.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
        raise ApplianceError(f"the database cannot be used: {reason}") from error


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open the database with the tables of this version. Raises `ApplianceError` when it is away."""
    url = database_url(settings)
    with explained():
        await upgrade(url)
        database = Database(url)
        await database.open()
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def control_of(settings: Settings) -> AsyncIterator[Control]:
    """Open the control plane of an appliance that has been started before.

    Raises `ApplianceError` where none has: a key made in the wrong place would open nothing.
    """
    secrets = _kept_secrets(settings)
    async with opened(settings) as database:
        with explained():
            yield Control(database, secrets.pepper)


async def first_break(settings: Settings) -> Break | None:
    """Verify the audit chain of an appliance that has been started before. Raises `ApplianceError`."""
    secrets = _kept_secrets(settings)
    async with opened(settings) as database:
        with explained():
            return await verify(database, secrets.audit_key)


def _kept_secrets(settings: Settings) -> Secrets:
    if not (settings.data_dir / FILE).exists():
        raise ApplianceError(
            f"data_dir: no appliance was started in {settings.data_dir} yet; name its folder with --data-dir"
        )
    return load_secrets(settings.data_dir)


def first_secrets_file(settings: Settings) -> Path:
    """Where secrets of the first start go when nobody watches a terminal."""
    return settings.data_dir / "first-password-and-key.txt"
