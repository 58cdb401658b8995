"""The keys of the service, each derived from one secret for one use."""

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """Keys of 32 bytes."""

    tokens: bytes = field(repr=False)
    sessions: bytes = field(repr=False)
    bypass: bytes = field(repr=False)


def service_keys(secret: bytes) -> ServiceKeys:
    """Derive the keys from 32 secret bytes."""
    return ServiceKeys(*(hmac.digest(secret, use, "sha256") for use in (b"tokens", b"sessions", b"bypass")))
