"""What bytes look like in base64 (RFC 4648), wherever in a group of three they begin."""

import re
import string
from collections.abc import Collection, Sequence
from itertools import product

_ALPHABET = (*string.ascii_uppercase, *string.ascii_lowercase, *string.digits, "+-", "/_")
"""The letters of each number; of the last two in either alphabet."""
_ANY = range(256)


def spelled(sets: Sequence[Collection[int]]) -> str:
    """Return an expression, in RE2's syntax, of the letters that spell bytes of these sets in a row.

    Letters that may be any are left out at both ends.
    """
    return "|".join(_behind(before, sets) for before in range(3))


def _behind(before: int, sets: Sequence[Collection[int]]) -> str:
    every = [*[_ANY] * before, *sets]
    every += [_ANY] * (-len(every) % 3)
    classes = [letters for at in range(0, len(every), 3) for letters in _group(*every[at : at + 3])][before:]
    while classes[-1] == _WHOLE:
        classes.pop()
    return "".join(classes)


def _group(first: Collection[int], second: Collection[int], third: Collection[int]) -> list[str]:
    """Return the classes of the four letters that spell three bytes."""
    return [
        _class({one >> 2 for one in first}),
        _class({(one & 3) << 4 | other >> 4 for one, other in product(first, second)}),
        _class({(one & 15) << 2 | other >> 6 for one, other in product(second, third)}),
        _class({one & 63 for one in third}),
    ]


def _class(numbers: Collection[int]) -> str:
    letters = "".join(_ALPHABET[number] for number in sorted(numbers))
    return f"[{re.escape(letters)}]"


_WHOLE = _class(range(64))
