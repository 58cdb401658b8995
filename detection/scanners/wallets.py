"""Validators of keys to crypto-currencies: each format carries a checksum of its own."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from .base58 import base58_payload
from .bech32 import bech32

_KEY = 32
_WALLET_VERSIONS = (0x80, 0xEF)
"""Bitcoin's main and test networks."""
_EXTENDED = 78
"""Bytes of a serialised key: version, depth, parent, number, chain code, and the key behind a zero byte."""
_EXTENDED_KEY_AT = 45
_STELLAR_SEED = 18 << 3
_FEWEST = 12
"""Words of the shortest phrase."""
_WORD_BITS = 11
_WORD = re.compile(r"[A-Za-z]+")


def wallet_import_key(text: str) -> bool:
    """Check a private key in Bitcoin's wallet import format, compressed or not."""
    payload = base58_payload(text)
    if payload is None or payload[0] not in _WALLET_VERSIONS:
        return False
    return len(payload) == 1 + _KEY or (len(payload) == 2 + _KEY and payload[-1] == 1)


def extended_private_key(text: str) -> bool:
    """Check a serialised extended private key (BIP 32, with the versions of SLIP 132)."""
    payload = base58_payload(text)
    return payload is not None and len(payload) == _EXTENDED and payload[_EXTENDED_KEY_AT] == 0


def stellar_seed(text: str) -> bool:
    """Check the CRC-16 of a Stellar secret seed (SEP 23)."""
    raw = base64.b32decode(text)
    return raw[0] == _STELLAR_SEED and binascii.crc_hqx(raw[:-2], 0).to_bytes(2, "little") == raw[-2:]


def base58_key(text: str) -> bool:
    """Check the Base58Check checksum of a key that its prefix tells (Tezos)."""
    return base58_payload(text) is not None


def bech32_key(text: str) -> bool:
    """Check the Bech32 checksum of a key (Nostr's NIP 19, age identities)."""
    return bech32(text) is not None


def seed_phrase(text: str) -> bool:
    """Check that all words are of BIP 39's English list and that their checksum fits."""
    known = _words()
    words = _WORD.findall(text.lower())
    if len(words) < _FEWEST or len(set(words)) < len(words) // 2 or not all(word in known for word in words):
        return False
    number = 0
    for word in words:
        number = number << _WORD_BITS | known[word]
    checked = len(words) * _WORD_BITS // 33
    entropy = (number >> checked).to_bytes(checked * 4)
    return hashlib.sha256(entropy).digest()[0] >> (8 - checked) == number & ((1 << checked) - 1)


@cache
def _words() -> Mapping[str, int]:
    """Return the numbers of the 2,048 words; the list is data of the standard."""
    folder = files(__package__.rpartition(".")[0]) / "packs"
    return {word: number for number, word in enumerate((folder / "bip39_english.txt").read_text().split())}


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    "wallet_import_key": wallet_import_key,
    "extended_private_key": extended_private_key,
    "stellar_seed": stellar_seed,
    "base58_key": base58_key,
    "bech32_key": bech32_key,
    "seed_phrase": seed_phrase,
}
