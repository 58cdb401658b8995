"""The snapshot that answers requests, read from the tables."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType

from ...detection.policy import Policy
from ...detection.types import Principal
from ...middleware.policy_table import PolicyTable
from ...middleware.snapshot import Snapshot, SnapshotDirectory
from . import crossing
from .ban_store import to_ban
from .database import Database


class Directory(SnapshotDirectory):
    """Reads the database in `load` and `refresh` only; before the first `load` nobody is known."""

    def __init__(
        self,
        database: Database,
        pepper: bytes,
        policy: Policy | PolicyTable,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(pepper, policy, clock=clock)
        self._database = database

    async def load(self) -> None:
        """Replace the snapshot whole."""
        async with self._database.session() as session:
            # The revision is read first: a change that comes in between is then loaded again.
            revision = await session.scalar(crossing.revision())
            keys = await session.execute(crossing.live_keys())
            bans = await session.scalars(crossing.live_bans(datetime.fromtimestamp(self.now(), UTC)))
            self.replace(
                Snapshot(
                    -1 if revision is None else revision,
                    MappingProxyType(
                        {
                            key_hash: Principal(tenant_id, application_id, name, key_id)
                            for key_hash, key_id, application_id, name, tenant_id in keys
                        }
                    ),
                    MappingProxyType({(ban.kind, ban.value): to_ban(ban) for ban in bans}),
                )
            )

    async def refresh(self) -> bool:
        """Load again if anything changed; return whether it did. Reads one number otherwise."""
        revision = await self._database.run(lambda connection: connection.scalar(crossing.revision()))
        if revision == self.revision:
            return False
        await self.load()
        return True
