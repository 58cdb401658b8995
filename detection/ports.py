"""All that the core and the faces ask of the outside world.

Each port is a Protocol of one to three methods. Whatever is called while a request is served is
synchronous and answers from memory: the implementation keeps an immutable snapshot and replaces
it whole when something changes. Public fakes are in `detection.testing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .policy import Policy
from .types import AuditEntry, Ban, Principal, Why
from .vault import Minted


class Clock(Protocol):
    """Two readings of time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...


class KeyDirectory(Protocol):
    """Finds who a credential belongs to."""

    def find(self, credential: str) -> Principal | None:
        """Return the principal of a live key, or None. Never touches a database.

        A revoked key stops being found within a second of its revocation. Implementations compare
        keyed digests only and never keep the credential.
        """
        ...

    @property
    def state(self) -> object:
        """Another object whenever an answer of `find` may have become another one."""
        ...


class PolicySource(Protocol):
    """Gives the policy in force."""

    def policy(self, principal: Principal, route: str = "") -> Policy:
        """Return the immutable policy for this principal's application on a route (its path template)."""
        ...


class Links(Protocol):
    """Makes addresses under which people read why something was blocked."""

    def link(self, why: Why, seconds: int) -> str:
        """Return an address that works for so many seconds and that nobody can guess or change."""
        ...


class BanList(Protocol):
    """Knows who is refused service."""

    def find(self, kind: str, value: str) -> Ban | None:
        """Return the live ban on ``(kind, value)``, or None.

        Kinds: ``ip``, ``key`` (a key id), ``application`` (an application id).
        """
        ...


@dataclass(slots=True, unsafe_hash=True)  # not frozen: that costs a microsecond a request; nobody changes one
class Allowance:
    """Answer of a counter: whether one more call fits, and what is left."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: float
    """Seconds until one more call fits; 0 when allowed."""


class CounterStore(Protocol):
    """Counts calls against limits."""

    def take(self, name: str, limit: int, window: float) -> Allowance:
        """Count one call of `name` against `limit` calls in `window` seconds."""
        ...


class AuditSink(Protocol):
    """Takes the record of exchanges. Both calls return at once and never raise for load.

    Before the first byte of an answer is released an exchange was `opened` - or `closed` already,
    where it ends in the same moment. `closed` comes before the last byte; it replaces what was opened.
    """

    def opened(self, entry: AuditEntry) -> None:
        """Record that an exchange began."""
        ...

    def closed(self, entry: AuditEntry) -> None:
        """Record how the exchange ended."""
        ...


class AuditReader(Protocol):
    """Looks a recorded exchange up again."""

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        """Return the exchange if it belongs to the principal's application, else None."""
        ...


class Metrics(Protocol):
    """Counts and observes. Label values come from small fixed sets, never from a client."""

    def exchange(self, service: str, entry: AuditEntry) -> None:
        """Observe a finished exchange."""
        ...

    def rejected(self, service: str, reason: str) -> None:
        """Count a request refused before it became an exchange (auth, rate, size, route...)."""
        ...


class Place(NamedTuple):
    """A conversation whose history its provider keeps.

    `conversation` is what the provider calls it, with the upstream's name where two could use one name.
    """

    tenant_id: str
    application_id: str
    conversation: str


class VaultStore(Protocol):
    """Keeps the placeholders of conversations, for requests that do not bring their history along.

    What was kept under one place is never returned for another one. Values are encrypted where they lie,
    live for a limited time after they were kept last, and are bounded in number: an old one may be gone.
    """

    def keep(self, place: Place, minted: Mapping[str, Minted]) -> None:
        """Keep placeholders, beside those there are."""
        ...

    def recall(self, place: Place) -> Mapping[str, Minted]:
        """Return the placeholders of a place, none for one that is not known."""
        ...


class SecretBox(Protocol):
    """Encrypts what must be stored and read back."""

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt, bound to `context`: it only opens under the same context."""
        ...

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises `errors.SealBroken` when tampered with or of another context."""
        ...
