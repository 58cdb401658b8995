"""A made-up value of the same shape, where a schema insists on one."""

import hashlib
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

from .base import Given, encoded, plain_label

_FEWEST = 4
"""Letters and digits below which a shape would tell too much of the value."""
_WHEELS = {
    character: wheel
    for wheel in (string.digits, string.ascii_lowercase, string.ascii_uppercase)
    for character in wheel
}


@dataclass(frozen=True, slots=True)
class Shape:
    """``maria@example.org`` becomes ``qzkwe@pplvuyt.xnb``: digits stay digits and letters letters.

    Each of them is drawn from a keyed stream that depends on the whole value; everything else stays. It
    cannot be put back, and may happen to be somebody else's value.
    """

    name: ClassVar[str] = "shape"

    def replace(self, given: Given) -> str:
        """Return the made-up value."""
        value = given.value
        if sum(character in _WHEELS for character in value) < _FEWEST:
            return plain_label(given)
        numbers = _stream(given.keys.derived(b"shape"), encoded(value))
        made = "".join(_turned(character, numbers) for character in value)
        return plain_label(given) if made == value else made


def _turned(character: str, numbers: Iterator[int]) -> str:
    wheel = _WHEELS.get(character)
    if wheel is None:
        # a letter of another script would tell itself; what is no letter is the shape
        return "x" if character.isalnum() else character
    return wheel[next(numbers) % len(wheel)]


def _stream(key: bytes, value: bytes) -> Iterator[int]:
    """Yield numbers of sixteen bits."""
    seed = hashlib.blake2b(value, key=key).digest()
    for number in count():
        block = hashlib.blake2b(number.to_bytes(8), key=seed).digest()
        for at in range(0, len(block), 2):
            yield int.from_bytes(block[at : at + 2])
