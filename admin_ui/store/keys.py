"""API keys: making them, judging supplied ones, and the keyed digest that stands for them."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from .errors import ControlError

PREFIX = "sk-xxai-"
"""How generated keys begin; clients of this kind of appliance expect it."""

MIN_LENGTH = 24
"""Fewest characters of a supplied key: fewer can be guessed."""

MAX_LENGTH = 512
"""Most characters of a key; anything longer is nobody's."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment it is known. `created` is false when it was there already."""

    secret: str = field(repr=False)
    key_id: str
    application: str = ""
    created: bool = True


def generate() -> str:
    """Return a fresh key: the prefix and 256 random bits, 51 characters, URL-safe."""
    return PREFIX + secrets.token_urlsafe(32)


def check(supplied: str) -> str:
    """Return a supplied key if it may serve as one.

    Raises `ControlError`: `key_too_short`, or `bad_key` for a key that no header could carry.
    """
    if len(supplied) < MIN_LENGTH:
        raise ControlError(f"a key needs at least {MIN_LENGTH} characters", code="key_too_short")
    if len(supplied) > MAX_LENGTH:
        raise ControlError(f"a key has at most {MAX_LENGTH} characters", code="bad_key")
    if not plausible(supplied):
        raise ControlError("a key is printable ASCII without spaces", code="bad_key")
    return supplied


def digest(pepper: bytes, key: str) -> str:
    """Return HMAC-SHA256(pepper, key) in hexadecimal."""
    return hmac.new(pepper, key.encode("ascii"), hashlib.sha256).hexdigest()


def plausible(credential: str) -> bool:
    """Say whether a credential could be a key at all: bounded, printable ASCII."""
    return 0 < len(credential) <= MAX_LENGTH and all("!" <= character <= "~" for character in credential)


def display_prefix(key: str) -> str:
    """Return the few characters by which a person tells keys apart."""
    return key[: len(PREFIX) + 4] if key.startswith(PREFIX) else key[:4]
