"""Credentials that their issuers print in documentation and samples: nobody's secret.

They are told by a part of the SHA-256 of what they read as when case and digits that look like
letters are given up: so the values themselves stand nowhere in the house, and a specimen is one in
every reading of a text.
"""

import hashlib

_PART = 8
"""Bytes of a digest that are kept."""
_LOOKS = str.maketrans("0134578$9", "oieastbsg")


def published(text: str) -> bool:
    """Say whether a value is one that its issuer published as a specimen."""
    spelled = text.lower().translate(_LOOKS)
    return hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).digest()[:_PART] in _KNOWN


_SAMPLES = {
    "Firebase: configuration files of the Android SDK's own tests and samples": (
        "3cc6fc827b1b90cd d94c8b30ca2f6917 2d3317404c054bf6 8cd6d7f3f9e6dbc5 c8342f86fa79e991 "
        "2a7345529c7944c9 4abdd29dd9bc83a1 c0fdba3c30ccfa4f 6bc2c6dafcf47156 b61ea4559e7ac42d "
        "b7a811f8f89188ef 7647b5ee620e5734 6578c67ade291c81"
    ),
    "Azurite and the Azure Storage emulator: the key of the account devstoreaccount1": "e25c0962b05dec76",
    "Azure Cosmos DB emulator: the key of every installation": "24ad0f68d77eac52",
    "jwt.io and RFC 7519 libraries: the signed specimen of every introduction": "0c0d2de0abb08b52",
    "Stripe: the test key of the API reference": "9637422a9e36bcd6",
    "Hardhat and Anvil: keys of the first accounts of a development chain": (
        "bfaee29dffa1edb9 d826dcfcf046fa16 9b91d9ae53888306 e160c4db7a328610 33452a550daa46b0 "
        "6877c7c837377af8"
    ),
}
_KNOWN = frozenset(bytes.fromhex(part) for parts in _SAMPLES.values() for part in parts.split())
