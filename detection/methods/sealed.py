"""Encryption: whoever holds the tenant's key can read the value again, nobody else.

AES-SIV (RFC 5297) with a 512-bit key: deterministic, so that the same value is the same text in every
turn, and authenticated, so that a changed text opens as nothing.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ..errors import SealBroken
from .base import Given, encoded

PREFIX = "sgenc1_"
"""How a sealed value begins; the digit is the version of the form."""
SHAPE = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{23,}}")
"""Sixteen bytes of tag and at least one of the value, in URL-safe base64 without padding."""

_BOUND = (b"sluicegate sealed value",)


@dataclass(frozen=True, slots=True)
class Sealed:
    """``sgenc1_...``, letters, digits, ``-`` and ``_``; `unseal` opens it."""

    name: ClassVar[str] = "encrypt"

    def replace(self, given: Given) -> str:
        """Return the encrypted value. Raises `ValueError` where there is no key."""
        sealed = _cipher(given.keys.seal).encrypt(encoded(given.value), list(_BOUND))
        return PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def seal_key(master: bytes, tenant: str) -> bytes:
    """Derive the 64 bytes that seal the values of one tenant."""
    return hmac.digest(master, b"seal\0" + tenant.encode(), hashlib.sha512)


def unseal(key: bytes, text: str) -> str:
    """Return the value that `text` was made of. Raises `SealBroken` for any other text or key."""
    try:
        sealed = base64.b64decode(_padded(text.removeprefix(PREFIX)), altchars=b"-_", validate=True)
        value = _cipher(key).decrypt(sealed, list(_BOUND)).decode("utf-8", "surrogatepass")
    except (InvalidTag, ValueError, binascii.Error):
        raise SealBroken("this is no value that was sealed with this key") from None
    if not text.startswith(PREFIX):
        raise SealBroken("this is no value that was sealed with this key")
    return value


def unseal_all(key: bytes, text: str, *, missed: Callable[[], None] = lambda: None) -> str:
    """Return a text with every sealed value in it opened; `missed` is called for each that does not open."""

    def opened(found: re.Match[str]) -> str:
        try:
            return unseal(key, found.group())
        except SealBroken:
            missed()
            return found.group()

    return SHAPE.sub(opened, text)


def rest_of(key: bytes, text: str) -> str:
    """Return a text without the values in it that were sealed with this key."""
    return SHAPE.sub(lambda found: "" if _opens(key, found.group()) else found.group(), text)


def _opens(key: bytes, text: str) -> bool:
    try:
        unseal(key, text)
    except SealBroken:
        return False
    return True


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


@lru_cache(256)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
