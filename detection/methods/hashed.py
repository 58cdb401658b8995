"""A keyed hash: equal values can be told to be equal, and nothing else about them."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from .base import Given, encoded

_LENGTHS = range(8, 65)


@dataclass(frozen=True, slots=True)
class Hashed:
    """``[Email 9b1f0c3d5e7a2468]``: keyed BLAKE2b of the value, `length` hexadecimal digits."""

    length: int = 16
    name: ClassVar[str] = "hash"

    def __post_init__(self) -> None:
        """Raise `ValueError` for a length that is none."""
        if self.length not in _LENGTHS:
            raise ValueError(f"length must be {_LENGTHS.start} to {_LENGTHS.stop - 1}")

    def replace(self, given: Given) -> str:
        """Return the label with the hash."""
        made = hashlib.blake2b(encoded(given.value), key=given.keys.derived(b"hash"), digest_size=32)
        return f"[{given.label} {made.hexdigest()[: self.length]}]"
