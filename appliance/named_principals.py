"""Principals by what is not secret: the id of a key, the name or id of an application."""

from collections.abc import Mapping

from ..detection.types import Principal
from ..middleware.snapshot import Snapshot, SnapshotDirectory


class NamedPrincipals:
    """An index of the snapshot in force; made when first asked for, for few calls ask."""

    def __init__(self, directory: SnapshotDirectory) -> None:
        self._directory = directory
        self._of: Snapshot | None = None
        self._names: Mapping[tuple[str, ...], Principal] = {}

    def key(self, key_id: str) -> Principal | None:
        """Return the principal of a live key by the key's id, or None."""
        return self._index().get(("key", key_id))

    def application(self, tenant_id: str, wanted: str) -> Principal | None:
        """Return an application of a tenant by id or name, or None; one without a live key is not known."""
        index = self._index()
        return index.get(("id", tenant_id, wanted)) or index.get(("name", tenant_id, wanted))

    def _index(self) -> Mapping[tuple[str, ...], Principal]:
        snapshot = self._directory.snapshot
        if self._of is not snapshot:
            names: dict[tuple[str, ...], Principal] = {}
            for who in snapshot.keys.values():
                names["key", who.key_id] = who
                names["id", who.tenant_id, who.application_id] = who
                names["name", who.tenant_id, who.application] = who
            self._of, self._names = snapshot, names
        return self._names
