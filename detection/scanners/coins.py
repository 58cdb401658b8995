"""Addresses of crypto-currencies: Base58Check, segregated witness, EIP-55, Monero's blocks."""

from .base58 import DIGITS, base58_bytes, base58_number, base58_payload
from .bech32 import bech32

_PAYLOAD = 21
"""Version byte and 160-bit hash."""
_VERSIONS = (0x00, 0x05, 0x41, 0x30, 0x32, 0x1E, 0x16, 0x4C, 0x10)
"""To a public key hash and to a script hash: Bitcoin, Tron, Litecoin, Dogecoin, Dash."""
_RIPPLE = str.maketrans("rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz", DIGITS)
_MONERO = ((11, 8),) * 8 + ((7, 5),)
"""Characters and bytes of the blocks of an address."""
_SEED = 32

_LANES = 64
_MASK = (1 << _LANES) - 1
_RATE = 136
"""Bytes that Keccak-256 takes a round."""


def base58_address(text: str) -> bool:
    """Check the double SHA-256 of a Base58Check address of Bitcoin or Tron."""
    payload = base58_payload(text)
    return payload is not None and len(payload) == _PAYLOAD and payload[0] in _VERSIONS


def ripple_address(text: str) -> bool:
    """Check an address of the XRP Ledger: Base58Check in an alphabet of its own."""
    return text.isalnum() and base58_address(text.translate(_RIPPLE))


def solana_address(text: str) -> bool:
    """Check that a text is Base58 of 32 bytes, which is all that Solana asks."""
    raw = base58_bytes(text)
    return raw is not None and len(raw) == _SEED and len(set(text)) > 8


def monero_address(text: str) -> bool:
    """Check a Monero address: Base58 by blocks, four bytes of Keccak-256 at its end."""
    raw, start = b"", 0
    for wide, size in _MONERO:
        number = base58_number(text[start : start + wide])
        if number is None or number >> 8 * size:
            return False
        raw += number.to_bytes(size)
        start += wide
    return start == len(text) and keccak_256(raw[:-4])[:4] == raw[-4:]


def cardano_address(text: str) -> bool:
    """Check the Bech32 checksum of a Cardano address (CIP-19)."""
    decoded = bech32(text)
    return decoded is not None and decoded[:2] == ("bech32", "addr")


def segwit_address(text: str) -> bool:
    """Check a Bitcoin witness address: version 0 by BIP 173, later ones by BIP 350."""
    decoded = bech32(text)
    if decoded is None or decoded[1] != "bc" or not decoded[2]:
        return False
    variant, _, (version, *words) = decoded
    spare = len(words) * 5 % 8
    length = len(words) * 5 // 8
    if spare >= 5 or (words and words[-1] & ((1 << spare) - 1)):
        return False
    if version == 0:
        return variant == "bech32" and length in (20, 32)
    return variant == "bech32m" and 1 <= version <= 16 and 2 <= length <= 40


def ethereum_address(text: str) -> bool:
    """Check the mixed-case checksum of EIP-55; one case alone carries none and is accepted."""
    digits = text[2:]
    if len(set(digits.lower())) < 4:
        return False
    if digits in (digits.lower(), digits.upper()):
        return True
    marks = keccak_256(digits.lower().encode()).hex()
    return all(
        not char.isalpha() or char.isupper() == (mark >= "8")
        for char, mark in zip(digits, marks, strict=False)
    )


def keccak_256(data: bytes) -> bytes:
    """Return Keccak-256 as Ethereum uses it: SHA-3's permutation with the older padding.

    `hashlib` knows only the standardised padding.
    """
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + lane * 8
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _round_constants() -> tuple[int, ...]:
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = register << 1 ^ (0x171 if register >> 7 else 0)
        constants.append(constant)
    return tuple(constants)


def _walk() -> tuple[tuple[int, int], ...]:
    """Return where the rotated lanes go and by how much, in the order of the pi step."""
    x, y, steps = 1, 0, []
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        steps.append((x + 5 * y, (step + 1) * (step + 2) // 2 % _LANES))
    return tuple(steps)


_CONSTANTS = _round_constants()
_WALK = _walk()


def _turned(lane: int, by: int) -> int:
    return (lane << by | lane >> (_LANES - by)) & _MASK


def _permuted(state: list[int]) -> list[int]:
    for constant in _CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixes = [columns[x - 1] ^ _turned(columns[(x + 1) % 5], 1) for x in range(5)]
        state = [lane ^ mixes[index % 5] for index, lane in enumerate(state)]
        carried = state[1]
        for target, by in _WALK:
            carried, state[target] = state[target], _turned(carried, by)
        state = [
            lane ^ (state[row + (x + 1) % 5] ^ _MASK) & state[row + (x + 2) % 5]
            for row in range(0, 25, 5)
            for x, lane in enumerate(state[row : row + 5])
        ]
        state[0] ^= constant
    return state
