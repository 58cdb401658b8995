"""What the transparent proxy says of a request it hands over, so that nobody else can say it.

The proxy and the gateway share a key that was made when the appliance started. A ticket is good for
one request, for a few seconds.
"""

import binascii
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest
from typing import NamedTuple

import orjson

HEADER = "x-sluicegate-handover"
"""Field that holds the ticket."""
ALIVE = "alive"
"""Scheme of a ticket that asks for nothing but an answer."""
VALID_SECONDS = 30.0
"""How long a ticket is good: clients stream what they upload after the head."""

_LONGEST = 2048


class BadTicket(Exception):
    """This is no ticket of ours, or one that is over."""


class Ticket(NamedTuple):
    """One request that is handed over. `scheme`, `host` and `port` are whom it was meant for.

    `client` is the address it came from, `user` who that is where the proxy knows. `number` grows with
    every ticket; `expires` is in seconds since the epoch. Of a host that nobody knows `provider` and
    `base` are whose format it was heard to speak.
    """

    number: int
    expires: float
    scheme: str
    host: str
    port: int
    client: str
    user: str = ""
    provider: str = ""
    base: str = ""


class TicketOffice:
    """Issues tickets. One a proxy: their numbers go on where an earlier proxy's ended."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock
        # a proxy issues far less than one a nanosecond: a later one begins beyond all of an earlier one
        self._number = int(clock() * 1_000_000_000)

    def issue(
        self,
        scheme: str,
        host: str,
        port: int,
        client: str,
        user: str = "",
        *,
        spoken: tuple[str, str] = ("", ""),
    ) -> str:
        """Return the value of the `HEADER` for a request; `spoken` is `provider` and `base`."""
        self._number += 1
        expires = self._clock() + VALID_SECONDS
        said = orjson.dumps((self._number, expires, scheme, host, port, client, user, *spoken))
        return urlsafe_b64encode(_signature(self._key, said) + said).decode("ascii")


def read_ticket(key: bytes, value: bytes, now: float) -> Ticket:
    """Return the ticket that a field holds. Raises `BadTicket`; whether it was used is not looked at."""
    if len(value) > _LONGEST:
        raise BadTicket("too long")
    try:
        raw = urlsafe_b64decode(value)
    except (binascii.Error, ValueError):
        raise BadTicket("not base64") from None
    signature, said = raw[:32], raw[32:]
    if not compare_digest(signature, _signature(key, said)):
        raise BadTicket("not signed by us")
    ticket = Ticket(*orjson.loads(said))
    if not now <= ticket.expires <= now + 2 * VALID_SECONDS:
        raise BadTicket("over")
    return ticket


def _signature(key: bytes, said: bytes) -> bytes:
    """Sign with keyed BLAKE2b (RFC 7693). OpenSSL's HMAC takes 50 us once its tables have left the cache."""
    return blake2b(said, key=key, digest_size=32).digest()
