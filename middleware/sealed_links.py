"""Links to why something was blocked: all that they tell is sealed inside them.

No state and no database: whoever has the key of the appliance can open a link, on every worker and node.
AES-SIV (RFC 5297) keeps it secret and untouched; the id of the exchange makes every link another one.
"""

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ..detection.ports import Clock
from ..detection.types import Direction, Why

PATH = "/why/"
"""What stands before a token in the path."""
LONGEST = 2048
"""Characters of a token; a longer one is none of ours."""

_BOUND = (b"sluicegate why",)


class Opened(NamedTuple):
    """What a link tells, and whether its time is over."""

    why: Why
    expires: float
    expired: bool


class SealedLinks:
    """Makes links and opens them. Implements `detection.ports.Links`.

    Args:
        master: secret bytes; a key for this purpose is derived from them.
        base_url: where people reach the gateway, without a slash at the end.
    """

    def __init__(self, master: bytes, base_url: str, clock: Clock) -> None:
        self._cipher = AESSIV(hmac.digest(master, b"why", hashlib.sha512))
        self._base_url = base_url
        self._clock = clock

    def link(self, why: Why, seconds: int) -> str:
        """Return an address that works for so many seconds."""
        told = [
            int(self._clock.now()) + seconds, why.exchange, why.application, why.policy, why.direction,
            why.category, why.rule,
        ]  # fmt: skip
        sealed = self._cipher.encrypt(orjson.dumps(told), list(_BOUND))
        return f"{self._base_url}{PATH}{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def open(self, token: str) -> Opened | None:
        """Return what a token tells; None for one that is none of ours."""
        if len(token) > LONGEST:
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            told = orjson.loads(self._cipher.decrypt(sealed, list(_BOUND)))
            expires, exchange, application, policy, direction, category, rule = told
        except (InvalidTag, ValueError, binascii.Error):
            return None
        why = Why(exchange, application, policy, Direction(direction), category, rule)
        return Opened(why, expires, expires <= self._clock.now())
