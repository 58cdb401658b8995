"""Passwords: argon2id, off the event loop, the same work for everyone who asks."""

import asyncio
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from .errors import ControlError

MIN_LENGTH = 8
"""Fewest characters of a password."""

MAX_LENGTH = 1024
"""Most characters of a password: hashing a book would be a way to keep us busy."""

_HASHER = PasswordHasher()
_AT_ONCE = 2
"""Hashes at the same time; each takes 64 MiB."""


class Passwords:
    """Hashes and verifies. At most two run at once; the rest wait their turn."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Hash a new password. Raises `ControlError` `bad_password` when too short or too long."""
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise ControlError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters", code="bad_password")
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Compare; without a stored hash do the same work and say no."""
        async with self._slots:
            matches = await asyncio.to_thread(_verify, stored or _NOBODY, password[:MAX_LENGTH])
        return matches and stored is not None and len(password) <= MAX_LENGTH


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _nobody() -> str:
    """A well-formed hash that costs what a real one costs and that no password has."""

    def zeros(count: int) -> str:
        return b64encode(bytes(count)).decode().rstrip("=")

    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${zeros(_HASHER.salt_len)}${zeros(_HASHER.hash_len)}"


_NOBODY = _nobody()
