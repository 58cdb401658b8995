"""API keys: making them, judging supplied ones, and the keyed digest that stands for them."""

import secrets
from dataclasses import dataclass, field

from ...middleware.credential import LONGEST_KEY as MAX_LENGTH
from ...middleware.credential import digest, plausible
from .errors import ControlError

__all__ = [
    "MAX_LENGTH",
    "MIN_LENGTH",
    "PREFIX",
    "NewKey",
    "check",
    "digest",
    "display_prefix",
    "generate",
    "plausible",
]

PREFIX = "sk-xxai-"
"""How generated keys begin; clients of this kind of appliance expect it."""

MIN_LENGTH = 24
"""Fewest characters of a supplied key: fewer can be guessed."""


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


def display_prefix(key: str) -> str:
    """Return the few characters by which a person tells keys apart."""
    return key[: len(PREFIX) + 4] if key.startswith(PREFIX) else key[:4]
