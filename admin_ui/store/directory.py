"""Who calls, under which policy, and who is refused: answered from one snapshot in memory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from ...detection.policy import Policy
from ...detection.types import Ban, Principal
from . import crossing
from .ban_store import to_ban
from .database import Database
from .keys import digest, plausible

_EMPTY: Mapping[str, Principal] = MappingProxyType({})
_NO_BANS: Mapping[tuple[str, str], Ban] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a request asks of the control plane, at one revision."""

    revision: int = -1
    keys: Mapping[str, Principal] = field(default=_EMPTY, repr=False)
    bans: Mapping[tuple[str, str], Ban] = _NO_BANS


class Directory:
    """Implements `KeyDirectory`, `PolicySource` and - as `bans` - `BanList`.

    Reads the database in `load` and `refresh` only; before the first `load` nobody is known.
    `pepper` is the one the keys were made with; `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        pepper: bytes,
        default_policy: Policy,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._pepper = pepper
        self._policy = default_policy
        self._clock = clock
        self._snapshot = Snapshot()
        self.bans = Bans(self)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot in force."""
        return self._snapshot

    @property
    def revision(self) -> int:
        """Revision of the snapshot, -1 before the first `load`."""
        return self._snapshot.revision

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def find(self, credential: str) -> Principal | None:
        """Return the principal of a live key, or None. One keyed digest, one look-up, no database."""
        if not plausible(credential):
            return None
        return self._snapshot.keys.get(digest(self._pepper, credential))

    def policy(self, principal: Principal) -> Policy:  # the port asks for it; one policy serves all
        """Return the policy in force."""
        return self._policy

    async def load(self) -> None:
        """Replace the snapshot whole."""
        async with self._database.session() as session:
            # The revision is read first: a change that comes in between is then loaded again.
            revision = await session.scalar(crossing.revision())
            keys = await session.execute(crossing.live_keys())
            bans = await session.scalars(crossing.live_bans(datetime.fromtimestamp(self._clock(), UTC)))
            self._snapshot = Snapshot(
                -1 if revision is None else revision,
                MappingProxyType(
                    {
                        key_hash: Principal(tenant_id, application_id, name, key_id)
                        for key_hash, key_id, application_id, name, tenant_id in keys
                    }
                ),
                MappingProxyType({(ban.kind, ban.value): to_ban(ban) for ban in bans}),
            )

    async def refresh(self) -> bool:
        """Load again if anything changed; return whether it did. Reads one number otherwise."""
        async with self._database.session() as session:
            revision = await session.scalar(crossing.revision())
        if revision == self._snapshot.revision:
            return False
        await self.load()
        return True


class Bans:
    """The directory's `BanList`: a class of its own because both ports call their method `find`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def find(self, kind: str, value: str) -> Ban | None:
        """Return the live ban on ``(kind, value)``, or None."""
        ban = self._directory.snapshot.bans.get((kind, value))
        if ban is None or (ban.until is not None and ban.until <= self._directory.now()):
            return None
        return ban
