"""Sessions that no server keeps: what an answer needs of its prompt, sealed into the session's id.

`process-input` and `process-output` are two calls that may reach two processes or machines. The first
seals the texts it changed into the id it gives out; the second opens it, judges those texts again -
the same placeholders come about - and restores. Only the same application opens it, for a day.
"""

import json
import os
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...detection.errors import BadInput
from ...detection.texts import Text
from ...detection.types import Kind, Principal, Role
from .written import written

PREFIX = "sess_"
SECONDS = 24 * 3600
"""How long a session may be used."""
LONGEST_ID = 64 * 1024
"""Characters of an id; texts that need more get none, and their placeholders stay."""
_NONCE = 12


class Sessions:
    """Seals and opens. `key` are 32 secret bytes; `now` gives seconds since the epoch."""

    def __init__(self, key: bytes, now: Callable[[], float]) -> None:
        self._cipher = AESGCM(key)
        self._now = now

    def seal(self, principal: Principal, texts: Sequence[Text]) -> str | None:
        """Return the id of a session of these texts; None where they are too much for an id."""
        rows = [tuple(text) for text in texts]
        plain = zlib.compress(written([int(self._now()) + SECONDS, rows]))
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, plain, _owner(principal))
        name = PREFIX + urlsafe_b64encode(sealed).decode().rstrip("=")
        return name if len(name) <= LONGEST_ID else None

    def open(self, principal: Principal, name: str) -> list[Text]:
        """Return the texts of a session. Raises `BadInput` (404) for one that is not there for the caller."""
        plain = self._plain(principal, name)
        if plain is not None:
            until, rows = json.loads(zlib.decompress(plain))
            if until >= self._now():
                return [Text(text, Role(role), Kind(kind), field) for text, role, kind, field in rows]
        raise BadInput("There is no such session.", code="session_not_found", status=404, param="session_id")

    def _plain(self, principal: Principal, name: str) -> bytes | None:
        if not name.startswith(PREFIX) or len(name) > LONGEST_ID or not name.isascii():
            return None
        digits = name.removeprefix(PREFIX)
        try:
            sealed = urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _owner(principal))
        except (BadBase64, ValueError, InvalidTag):
            return None


def _owner(principal: Principal) -> bytes:
    return f"session\0{principal.tenant_id}\0{principal.application_id}".encode()
