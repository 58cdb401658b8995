"""What stands for an API key: a keyed digest of it, and the question whether it could be one."""

import hmac
import re

LONGEST_KEY = 512
"""Most characters of a key; anything longer is nobody's."""

_PLAUSIBLE = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


def digest(pepper: bytes, key: str) -> str:
    """Return HMAC-SHA256(pepper, key) in hexadecimal."""
    return hmac.digest(pepper, key.encode("ascii"), "sha256").hex()


def plausible(credential: str) -> bool:
    """Say whether a credential could be a key at all: bounded, printable ASCII."""
    return _PLAUSIBLE.fullmatch(credential) is not None
