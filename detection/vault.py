"""Placeholders: what stands for a value while a model works with it.

A placeholder is `PREFIX`, a label and `DIGITS` base-62 digits of a keyed HMAC of the value, about
101 bits: letters and digits only, so that it is the same text at every level of JSON escaping and
in every URL. The same value gives the same placeholder in every turn, worker and restart of one
application (or tenant), so providers' prompt caches keep working; another application's key gives
another one. A `Vault` knows only what was minted in its own exchange, and - where the provider keeps the
history - in its own conversation: nothing else is ever restored, whatever it looks like.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

PREFIX = "Sgx"
DIGITS = 17
SHAPE = re.compile(rf"{PREFIX}[A-Z][A-Za-z]{{1,11}}[0-9A-Za-z]{{{DIGITS}}}(?![0-9A-Za-z])")
"""What a placeholder looks like, whoever made it."""
LONGEST = len(PREFIX) + 12 + DIGITS

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(low + high for high in _ALPHABET for low in _ALPHABET)
"""Two digits at a time, the lower one first."""
_FOUR = 62**4
_EIGHT = 62**8
"""Numbers below are cheap to divide."""


class Minted(NamedTuple):
    """A value of this exchange. `user`: a user-role segment held it; `secret`: it is a credential."""

    value: str
    user: bool
    secret: bool

    def __repr__(self) -> str:
        """Tell all but the value."""
        return f"Minted(user={self.user}, secret={self.secret})"


class Vault:
    """The placeholders of one exchange.

    Args:
        key: placeholder key of the application or tenant, at least 32 bytes.
    """

    def __init__(self, key: bytes):
        self._key = key
        self._minted: dict[str, Minted] = {}

    def mint(self, value: str, label: str, *, user: bool, secret: bool) -> str:
        """Return the placeholder for a value and remember it for this exchange."""
        token = (
            PREFIX + label + _digits(hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256"))
        )
        known = self._minted.get(token)
        if known is None:
            self._minted[token] = Minted(value, user, secret)
        elif (user and not known.user) or (secret and not known.secret):
            self._minted[token] = Minted(value, known.user or user, known.secret or secret)
        return token

    def remember(self, recalled: Mapping[str, Minted]) -> None:
        """Take placeholders of earlier exchanges of this conversation; see `ports.VaultStore`."""
        for token, minted in recalled.items():
            self._minted.setdefault(token, minted)

    def tokens(self) -> dict[str, Minted]:
        """Return every placeholder minted so far. The mapping is live: do not change it."""
        return self._minted


def placeholder_key(master: bytes, tenant: str, application: str) -> bytes:
    """Derive the key of one scope; an empty `application` is the whole tenant's."""
    return hmac.digest(master, b"\0".join((b"placeholder", tenant.encode(), application.encode())), "sha256")


def value_digest(key: bytes, value: str) -> str:
    """Return the keyed digest by which two findings of one value can be compared."""
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=key[:32], digest_size=16).hexdigest()


def _digits(digest: bytes) -> str:
    high, low = divmod(int.from_bytes(digest[:16]), _EIGHT)
    high, middle = divmod(high, _EIGHT)
    return f"{_eight(low)}{_eight(middle)}{_ALPHABET[high % 62]}"


def _eight(number: int) -> str:
    """Return eight digits of a number that has no more."""
    high, low = divmod(number, _FOUR)
    most = len(_PAIRS)
    return _PAIRS[low % most] + _PAIRS[low // most] + _PAIRS[high % most] + _PAIRS[high // most]
