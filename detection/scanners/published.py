"""Credentials that their issuers print in documentation and samples: nobody's secret.

They are told by a part of their SHA-256, so that the values themselves stand nowhere in the house.
"""

import hashlib

_PART = 8
"""Bytes of a digest that are kept."""


def published(text: str) -> bool:
    """Say whether a value is one that its issuer published as a specimen."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_PART] in _KNOWN


_SAMPLES = {
    "Firebase: configuration files of the Android SDK's own tests and samples": (
        "27a9a42931dff7eb 49f777db995e8260 8731261cb72d8626 37f8f09bdf12c2f2 eb540d2b6ee2a0a4 "
        "2037abcaffb2b777 4c98242dcadc8b29 ea9bb1082cf95663 a19f89ab3555eac1 dc0fcf046c61640c "
        "6ca6473b42d9c17e f56e323494a6ffc2 0b476bdf9acf2123"
    ),
    "Azurite and the Azure Storage emulator: the key of the account devstoreaccount1": "0011cc25eb432071",
    "Azure Cosmos DB emulator: the key of every installation": "aa6547439583c3a2",
    "jwt.io and RFC 7519 libraries: the signed specimen of every introduction": "7f75367e78812551",
    "Stripe: the test key of the API reference": "2cafc0970149a84f",
    "Hardhat and Anvil: keys of the first accounts of a development chain": (
        "60a09e4357868c1e 095101cf732c298a bb4978fbe7638de8 bc1a50966c9e6486 8335c55334821eef "
        "b26ab6529d20ebeb"
    ),
}
_KNOWN = frozenset(bytes.fromhex(part) for parts in _SAMPLES.values() for part in parts.split())
