"""Base58Check as Bitcoin defines it: a number in 58 digits that ends in four bytes of a double SHA-256."""

import hashlib

_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {char: value for value, char in enumerate(_DIGITS)}
_CHECK = 4


def base58_payload(text: str) -> bytes | None:
    """Return the bytes a text stands for, without their checksum; None where it does not fit."""
    number = 0
    for char in text:
        if char not in _VALUES:
            return None
        number = number * 58 + _VALUES[char]
    zeros = len(text) - len(text.lstrip("1"))
    raw = b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)
    payload, check = raw[:-_CHECK], raw[-_CHECK:]
    return payload if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:_CHECK] == check else None
