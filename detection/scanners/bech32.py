"""Bech32 and Bech32m checksums (BIP 173, BIP 350)."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_VARIANTS = {1: "bech32", 0x2BC830A3: "bech32m"}
_CHECK = 6


def bech32(text: str) -> tuple[str, str, tuple[int, ...]] | None:
    """Return variant, human part and five-bit data words, or None for a bad checksum or mixed case."""
    lower = text.lower()
    human, one, rest = lower.rpartition("1")
    words = tuple(_ALPHABET.find(char) for char in rest)
    if text not in (lower, text.upper()) or not one or not human or len(words) < _CHECK or -1 in words:
        return None
    codes = [ord(char) for char in human]
    if max(codes) > 126:
        return None
    residue = _polymod([*(code >> 5 for code in codes), 0, *(code & 31 for code in codes), *words])
    variant = _VARIANTS.get(residue)
    return (variant, human, words[:-_CHECK]) if variant else None


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check
