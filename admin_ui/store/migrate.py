"""Runs Alembic on a connection. Imported only when a database needs it: it costs most of a second."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from .errors import DatabaseFault

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def config() -> Config:
    """Return Alembic's configuration for our migrations."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return made


def run(connection: Connection) -> None:
    """Bring the database behind `connection` to the newest revision, in the caller's transaction.

    Raises `DatabaseFault` for a database at a revision that is not ours.
    """
    made = config()
    made.attributes["connection"] = connection
    try:
        command.upgrade(made, "head")
    except CommandError as error:
        raise DatabaseFault("the database is at a revision that this version does not know") from error
