"""Keys of one application, for a core that judges for it elsewhere and must not hold the master key.

Only what the application's policies need is handed out: a key of the tenant opens what other applications
of it sealed, or tells which values are known.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from .methods import Sealed, seal_key
from .policy import Policy
from .tenant import tenant_key
from .types import Principal
from .vault import placeholder_key


@dataclass(frozen=True, slots=True)
class ApplicationKeys:
    """Keys of placeholders for an `application` and its `tenant`, of sealed and of known values.

    One that was not handed out is empty, and using it is an error.
    """

    application: bytes = field(repr=False)
    tenant: bytes = field(default=b"", repr=False)
    seal: bytes = field(default=b"", repr=False)
    known: bytes = field(default=b"", repr=False)

    def of_scope(self, _: str, application: str) -> tuple[bytes, bytes, bytes]:
        """Return the keys of placeholders, digests and sealed values; without an application the tenant's.

        Raises `ValueError` for keys that were not handed out.
        """
        key = _given(self.application if application else self.tenant)
        return key, hmac.digest(key, b"digest", "sha256"), self.seal

    def of_known(self, _: str) -> bytes:
        """Return the key of known values. Raises `ValueError` like `of_scope`."""
        return _given(self.known)


def application_keys(master: bytes, principal: Principal, policies: Iterable[Policy]) -> ApplicationKeys:
    """Derive what an application needs for its policies; `master` is the key that cores are built with."""
    policies = [*policies]
    tenant = principal.tenant_id
    shared = any(policy.placeholder_scope == "tenant" for policy in policies)
    seals = any(isinstance(clause.method, Sealed) for policy in policies for clause in policy.clauses)
    knows = any(policy.known_values for policy in policies)
    return ApplicationKeys(
        placeholder_key(master, tenant, principal.application_id),
        placeholder_key(master, tenant, "") if shared else b"",
        seal_key(master, tenant) if seals else b"",
        tenant_key(master, tenant) if knows else b"",
    )


def _given(key: bytes) -> bytes:
    if not key:
        raise ValueError("no such key was handed out")
    return key
