"""Upstreams' credentials, encrypted so that a settings file may hold them.

AES-256-GCM under a key derived from the data directory's master secret: a file alone tells nothing.
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_ABOUT = b"sluicegate upstream credential"


def seal(key: bytes, credential: str) -> str:
    """Encrypt a credential; every call gives another text."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, credential.encode(), _ABOUT)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(key: bytes, sealed: str) -> str | None:
    """Decrypt a credential; None for what another data directory sealed, or nobody."""
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], _ABOUT).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None
