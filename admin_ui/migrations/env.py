"""Alembic's entry: runs the migrations on the connection that `store.schema` hands over.

Alembic loads this file by path, so its imports are absolute.
"""

from alembic import context
from sqlalchemy.engine import Connection

from sluicegate.admin_ui.models import Table


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    context.run_migrations()


_run(context.config.attributes["connection"])
