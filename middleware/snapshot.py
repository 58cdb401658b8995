"""All that a request asks of the control plane, as one immutable value that travels as bytes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from ..detection.policy import Policy
from ..detection.types import Ban, Principal
from .credential import digest, plausible
from .policy_table import PolicyTable

_EMPTY: Mapping[str, Principal] = MappingProxyType({})
_NO_BANS: Mapping[tuple[str, str], Ban] = MappingProxyType({})


class BadSnapshot(Exception):
    """What came is no snapshot."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live keys by their digests and bans by kind and value, at one revision."""

    revision: int = -1
    keys: Mapping[str, Principal] = field(default=_EMPTY, repr=False)
    bans: Mapping[tuple[str, str], Ban] = _NO_BANS


def encode(snapshot: Snapshot) -> bytes:
    """Return a snapshot as JSON: a row for each key and each ban."""
    keys = [
        (key, who.tenant_id, who.application_id, who.application, who.key_id)
        for key, who in snapshot.keys.items()
    ]
    bans = [(ban.kind, ban.value, ban.reason, ban.until) for ban in snapshot.bans.values()]
    return orjson.dumps((snapshot.revision, keys, bans))


def decode(rows: Any) -> Snapshot:
    """Return the snapshot of which `encode` made the JSON that these are. Raises `BadSnapshot`."""
    try:
        revision, keys, bans = rows
        return Snapshot(
            int(revision),
            MappingProxyType({key: Principal(*who) for key, *who in keys}),
            MappingProxyType({(kind, value): Ban(kind, value, *rest) for kind, value, *rest in bans}),
        )
    except (ValueError, TypeError) as error:
        raise BadSnapshot("this is no snapshot") from error


class SnapshotDirectory:
    """Implements `KeyDirectory`, `PolicySource` and - as `bans` - `BanList` over one snapshot.

    Nobody is known before the first `replace`. `pepper` is the one the keys were made with, `policy` the
    one for everybody or a table of them; `clock` gives seconds since the epoch.
    """

    def __init__(
        self, pepper: bytes, policy: Policy | PolicyTable, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._pepper = pepper
        self._policies = policy if isinstance(policy, PolicyTable) else PolicyTable(policy)
        self._clock = clock
        self._snapshot = Snapshot()
        self.bans = Bans(self)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot in force."""
        return self._snapshot

    @property
    def revision(self) -> int:
        """Revision of the snapshot, -1 before the first."""
        return self._snapshot.revision

    def replace(self, snapshot: Snapshot) -> None:
        """Put another snapshot in force, whole."""
        self._snapshot = snapshot

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def find(self, credential: str) -> Principal | None:
        """Return the principal of a live key, or None. One keyed digest, one look-up, no database."""
        if not plausible(credential):
            return None
        return self._snapshot.keys.get(digest(self._pepper, credential))

    @property
    def state(self) -> object:
        """The snapshot in force."""
        return self._snapshot

    def policy(self, principal: Principal, route: str = "") -> Policy:
        """Return the policy in force."""
        return self._policies.policy(principal, route)

    def excerpt(self, principal: Principal) -> tuple[Policy, dict[str, Policy]]:
        """Return all policies of one application; see `PolicyTable.excerpt`."""
        return self._policies.excerpt(principal)


class Bans:
    """The directory's `BanList`: a class of its own because both ports call their method `find`."""

    def __init__(self, directory: SnapshotDirectory) -> None:
        self._directory = directory

    def find(self, kind: str, value: str) -> Ban | None:
        """Return the live ban on ``(kind, value)``, or None."""
        bans = self._directory.snapshot.bans
        if not bans:
            return None
        ban = bans.get((kind, value))
        if ban is None or (ban.until is not None and ban.until <= self._directory.now()):
            return None
        return ban
