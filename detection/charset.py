"""What kind of characters the matches of an expression are made of."""

import string
from collections.abc import Iterator
from enum import Enum

from .regular import Chars, Choice, Node, Repeat, Sequence

_FEW = frozenset("Xx")
"""Letters that numbers hold: a check digit of ten."""
PLAIN = frozenset(string.ascii_letters) - frozenset("KkSs")
"""Letters that another case makes one letter of; k and s have a third form each, beyond ASCII."""


class Charset(Enum):
    """Of what matches are made."""

    DIGITS = "digits"
    """Digits and signs; no letter, but for an x."""
    CAPITALS = "capitals"
    """Also capital letters."""
    ANY = "any"


def letters(node: Node, *, caseless: bool) -> frozenset[str]:
    """Return the ASCII letters that stand in matches of a tree; in both cases where case is no matter."""
    found: set[str] = set()
    for chars in set(_leaves(node)):
        for low, high in chars.ranges:
            found.update(letter for letter in string.ascii_letters if low <= ord(letter) <= high)
    if caseless:
        found.update([letter.swapcase() for letter in found])
    return frozenset(found)


def charset(node: Node, *, caseless: bool) -> Charset:
    """Return of what the matches of a tree are made."""
    found = letters(node, caseless=caseless)
    if found <= _FEW:
        return Charset.DIGITS
    return Charset.ANY if any(letter.islower() for letter in found) else Charset.CAPITALS


def _leaves(node: Node) -> Iterator[Chars]:
    match node:
        case Chars():
            yield node
        case Sequence(parts):
            for part in parts:
                yield from _leaves(part)
        case Choice(options):
            for option in options:
                yield from _leaves(option)
        case Repeat(body):
            yield from _leaves(body)
