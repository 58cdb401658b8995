"""Bypass tokens: a gateway that asked us once may say so, once.

The form is OpenGuardrails': ``TENANT:REQUEST:UNIX SECONDS:HMAC-SHA256 in hexadecimal``, in
``X-OG-Bypass-Token``. Unlike there, the key is no public constant, the tenant must be the caller's, and
a token is taken a single time. A call that shows one is recorded as not judged.
"""

import hmac
from collections.abc import Callable
from typing import Protocol

from ...detection.types import Principal
from ...middleware.asgi import Headers
from ...middleware.headers import every
from ...middleware.rejection import Rejected

HEADER = b"x-og-bypass-token"
SECONDS = 300
"""How long a token may be used."""
_AHEAD = 60
"""Seconds that the clock of whoever made a token may be ahead."""
_LONGEST = 512


class Once(Protocol):
    """Remembers what was used."""

    def first(self, name: str) -> bool:
        """Say whether `name` is used for the first time, by any process of this machine, within an hour."""
        ...


def make_token(key: bytes, tenant_id: str, request: str, now: float) -> str:
    """Return a token for one call of a tenant; `request` is a name that is used once."""
    told = f"{tenant_id}:{request}:{int(now)}"
    return f"{told}:{_seal(key, told)}"


class Bypass:
    """Takes tokens. `key` are 32 secret bytes, `now` gives seconds since the epoch."""

    def __init__(self, key: bytes, once: Once, now: Callable[[], float]) -> None:
        self._key = key
        self._once = once
        self._now = now

    def take(self, token: str, principal: Principal) -> None:
        """Use a token up. Raises `Rejected` (403) for one that is not the caller's, over, or used."""
        told, _, seal = token.rpartition(":")
        sealed = hmac.compare_digest(seal.encode(), _seal(self._key, told).encode())
        tenant, _, rest = told.partition(":")
        begun = rest.rpartition(":")[2]
        if not (sealed and tenant == principal.tenant_id and self._lives(begun) and self._once.first(told)):
            raise Rejected(
                "The bypass token is not valid for this call.",
                code="invalid_bypass_token",
                status=403,
                reason="permission",
            )

    def _lives(self, begun: str) -> bool:
        return begun.isdigit() and -_AHEAD <= self._now() - int(begun) <= SECONDS


def _seal(key: bytes, told: str) -> str:
    return hmac.digest(key, told.encode(), "sha256").hex()


def takes_bypass(bypass: Bypass | None, headers: Headers, principal: Principal) -> bool:
    """Say whether a call shows a token, and use it up. Raises `Rejected`; None takes no notice of any."""
    given = every(headers, HEADER) if bypass is not None else []
    if bypass is None or not given:
        return False
    token = given[0].decode("latin-1") if len(given) == 1 and len(given[0]) <= _LONGEST else ""
    bypass.take(token, principal)
    return True
