"""Policies under seal: encrypted and authenticated with the key of the application that they are for.

Both ends know that key, nobody else does: whoever cannot read the policies cannot forge them either. The seal
is bound to a word that the asking end made up for this one question, so that an answer fits no other.

    sealed   MAGIC, 12 bytes of chance, AES-256-GCM of the content
    key      HKDF (RFC 5869, SHA-256) of the application's key
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...detection.errors import SealBroken

MAGIC = b"SGPOLIC1"
"""How a sealed snapshot begins; the digit is the version of the form."""
NONCE_PATTERN = r"^[A-Za-z0-9_-]{22,64}$"
"""What the word of a question looks like."""

_CHANCE = 12


def seal(credential: str, nonce: str, content: bytes) -> bytes:
    """Return `content`, sealed for the holder of a key and one question."""
    chance = os.urandom(_CHANCE)
    return MAGIC + chance + AESGCM(_key(credential)).encrypt(chance, content, MAGIC + nonce.encode())


def unseal(credential: str, nonce: str, sealed: bytes) -> bytes:
    """Return what was sealed. Raises `SealBroken` for what was sealed by or for somebody else, or changed."""
    begin = len(MAGIC) + _CHANCE
    if not sealed.startswith(MAGIC) or len(sealed) <= begin:
        raise SealBroken("these are no policies under seal")
    try:
        return AESGCM(_key(credential)).decrypt(
            sealed[len(MAGIC) : begin], sealed[begin:], MAGIC + nonce.encode()
        )
    except InvalidTag:
        raise SealBroken("these policies were not sealed for this key and this question") from None


def _key(credential: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"sluicegate remote policies").derive(credential.encode())
