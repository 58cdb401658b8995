"""Base58Check as Bitcoin defines it: a number in 58 digits that ends in four bytes of a double SHA-256."""

import hashlib

DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""The digits in their order: without 0, O, I and l."""
_VALUES = {char: value for value, char in enumerate(DIGITS)}
_CHECK = 4


def base58_payload(text: str) -> bytes | None:
    """Return the bytes a text stands for, without their checksum; None where it does not fit."""
    raw = base58_bytes(text)
    if raw is None:
        return None
    payload, check = raw[:-_CHECK], raw[-_CHECK:]
    return payload if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:_CHECK] == check else None


def base58_bytes(text: str) -> bytes | None:
    """Return the bytes a text stands for, leading zeros too; None where a character is no digit."""
    number = base58_number(text)
    if number is None:
        return None
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def base58_number(text: str) -> int | None:
    """Return the number a text spells; None where a character is no digit."""
    number = 0
    for char in text:
        if char not in _VALUES:
            return None
        number = number * 58 + _VALUES[char]
    return number
