"""Values that a tenant knows to be its own - customer numbers, keys - found without being kept.

Of each value a keyed digest is stored and, for all of them together, which shapes they have: runs of
capitals, small letters and digits with their lengths, other characters as they are. A shape is a rule;
what has it is digested and looked up. Shapes tell little, digests nothing to who has no key.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field
from itertools import groupby

from ..regular import NotRegular, parse

SHORTEST, LONGEST = 6, 128
"""Characters of a value. Shorter ones would be found everywhere."""
MOST_SHAPES = 64
_DIGEST = 16
_CLASSES = {"A": "A-Z", "a": "a-z", "0": "0-9"}
_ESCAPED = frozenset(".^$*+?{}[]\\|()")


@dataclass(frozen=True, slots=True)
class KnownValues:
    """A list of values. `digests` are sorted hexadecimal digits, see `known_digest`."""

    name: str
    shapes: tuple[str, ...]
    digests: tuple[str, ...] = field(repr=False)
    label: str = "Known"


def known_digest(key: bytes, value: str) -> str:
    """Return the digest under which a value is stored.

    Args:
        key: 32 secret bytes of the tenant.
        value: as `normal` leaves it, or any other spelling.
    """
    text = normal(value).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=key[:32], digest_size=_DIGEST, person=b"known-value").hexdigest()


def tenant_key(master_key: bytes, tenant: str) -> bytes:
    """Return the key that digests the known values of a tenant: 32 bytes."""
    return hmac.digest(master_key, b"known values\0" + tenant.encode("utf-8", "surrogatepass"), "sha256")


def normal(value: str) -> str:
    """Return a value as it is compared: compatibility forms and outer blanks gone."""
    return unicodedata.normalize("NFKC", value).strip()


def shape_of(value: str) -> str:
    """Return the shape of a value, an expression of the regular subset.

    Raises:
        ValueError: it is too short, too long, or holds line breaks or characters beyond ASCII.
    """
    text = normal(value)
    if not SHORTEST <= len(text) <= LONGEST or not text.isascii() or not text.isprintable():
        raise ValueError(f"a known value has {SHORTEST} to {LONGEST} printable ASCII characters")
    shape = "".join(_run(kind, len([*run])) for kind, run in groupby(map(_kind, text)))
    try:
        parse(shape)
    except NotRegular as error:  # cannot happen for what was escaped; better refused than never found
        raise ValueError(str(error)) from None
    return shape


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return f"\\{character}" if character in _ESCAPED else character


def _run(kind: str, length: int) -> str:
    written = f"[{_CLASSES[kind]}]" if kind in _CLASSES else kind
    return written if length == 1 else f"{written}{{{length}}}"
