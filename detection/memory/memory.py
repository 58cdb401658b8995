"""All that a process remembers, and under which key.

A key covers tenant, application, policy and dialect: no caller learns from our speed what another
one said, and whatever changes a judgement makes everything new.
"""

import hashlib
import secrets
from typing import Any

from ..policy import Policy
from ..tiers import Opinion
from ..types import Principal
from .recent import Recent
from .texts import Found
from .turns import Turns

WORTH = 8192
"""Bytes of a body from which on it pays to look whether anything is known."""
MOST_TEXTS = 65_536
MOST_TURNS = 8192
MOST_OPINIONS = 16_384
MOST_KEYS = 4096
"""Applications, policies and formats for whom the beginning of a digest is kept."""


class Memory:
    """What texts and conversations came to. One a process; holds digests, offsets and scores."""

    __slots__ = ("_keys", "_secret", "opinions", "texts", "turns")

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._keys: dict[tuple[str, str, str, str], Any] = {}
        self.texts: Recent[Found] = Recent(MOST_TEXTS)
        self.turns: Recent[Turns] = Recent(MOST_TURNS)
        self.opinions: Recent[Opinion] = Recent(MOST_OPINIONS)

    def key(self, principal: Principal, policy: Policy, dialect: str) -> Any:
        """Return a hash object to digest with; `copy` it for each use."""
        parts = (principal.tenant_id, principal.application_id, policy.digest, dialect)
        key = self._keys.get(parts)
        if key is None:
            if len(self._keys) >= MOST_KEYS:
                self._keys.clear()
            named = "\0".join(parts).encode("utf-8", "surrogatepass")
            key = self._keys[parts] = hashlib.sha256(self._secret + named + b"\0")
        return key
