"""What texts look like that may read differently through a view: signs, to be looked for at once.

Signs that are fixed characters, classes of characters, and signs that hold a character which is rare
in prose: each kind is sought by what is quickest at it.
"""

import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

from .backwards import BACKWARDS
from .base64_text import BASE64
from .binary import BINARY
from .entities import ENTITIES
from .escapes import ESCAPES
from .hexadecimal import HEXADECIMAL
from .leet import LEET
from .morse import MORSE
from .percent import PERCENT, is_form
from .reading import View
from .rotated import ROTATED
from .spaced import BETWEEN, SPACED

LITERAL = (
    *(((SPACED,), f"{sign}{one}{sign}") for sign in BETWEEN for one in "bcdefghjklmnpqrstuvwxz0123456789"),
    *(((MORSE,), "".join(signs)) for signs in product(".-", ".-", " /", ".-")),
    *(((BINARY, BACKWARDS), f"{left:04b} {right:03b}") for left in range(16) for right in range(8)),
    *(
        ((HEXADECIMAL,), f"{high}{low}{between}{lead}")
        for high, low, between, lead in product("89", "0123456789abcdef", " :,", "cde")
    ),
    *(
        ((HEXADECIMAL,), f"{lead}{between}{rest}")
        for lead, rest in (("e2", "80"), ("e2", "81"), ("f3", "a0"), ("cc", "8"), ("cc", "9"))
        for between in " :,"
    ),
    *(((HEXADECIMAL,), f"{before}0x") for before in (" ", ",", ", ", "\n", ":")),
)
"""Signs that are fixed characters: among words they cost nothing. Of spaced text only letters that are
no word of their own."""

CLASSES = (
    ((BASE64, BACKWARDS, ROTATED), "[A-Za-z0-9+/_-]{16}"),
    ((HEXADECIMAL, ROTATED, BACKWARDS), "(?:[2-7][0-9a-fn-s][ :,]){3}[2-7]"),
    ((LEET,), "[g-z][0134578@$!|][a-z0-9@$!]"),
    ((LEET,), "[a-z0-9@$!][0134578@$!|][g-z]"),
)
"""Signs that are classes of characters, in any case."""
IN_LONG = (((HEXADECIMAL, BINARY, BACKWARDS), "[0-9a-f]{16}"),)
"""What is looked for where there are long words: base64 may hold it, too."""
ABROAD = (r"(?:[ ._*|/,+~^-]{1,3}[\xc2-\xf4][\x80-\xbf]{1,3}){3}[ ._*|/,+~^-]",)
"""Signs of spaced text where it is not all ASCII."""


class Marks(NamedTuple):
    """Signs that hold one character: what any of them looks like, and each."""

    any: re.Pattern[bytes]
    each: tuple[tuple[View, Callable[[bytes], object]], ...]


def _sign(view: View, pattern: bytes) -> tuple[View, Callable[[bytes], object]]:
    return view, re.compile(pattern).search


RARE: Mapping[bytes, Marks] = {
    b"%": Marks(
        re.compile(rb"%(?:[0-9A-Fa-f]{2}|[2-7][N-Sn-s])"),
        (
            _sign(PERCENT, rb"%[0-9A-Fa-f]{2}"),
            _sign(ROTATED, rb"%[2-7][N-Sn-s]"),
            _sign(BACKWARDS, rb"%(?<=[0-9A-Fa-f][2-7]%)[0-9A-Fa-f][2-7]%"),
        ),
    ),
    b"+": Marks(re.compile(rb"\+(?<=[A-Za-z0-9.:,;!?]\+)[A-Za-z0-9]"), ((PERCENT, is_form),)),
    b"&": Marks(
        re.compile(rb"&(?:#[0-9xXkK]|[A-Za-z][A-Za-z0-9]{1,30};|(?<=#&))"),
        (
            _sign(ENTITIES, rb"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]{1,30};)"),
            _sign(ROTATED, rb"&#[Kk][0-9N-Sn-s]"),
            _sign(BACKWARDS, rb"#&(?<=[0-9]{2}#&)"),
            _sign(BACKWARDS, rb"x#&(?<=[0-9A-Fa-f]{2}x#&)"),
        ),
    ),
    b"\\": Marks(
        re.compile(rb"\\(?:[uxUnrthk\"/0-3]|(?<=[ux]\\))"),
        (
            _sign(BACKWARDS, rb"u\\(?<=[0-9A-Fa-f]{4}u\\)"),
            _sign(BACKWARDS, rb"x\\(?<=[0-9A-Fa-f]{2}x\\)"),
            _sign(ROTATED, rb"\\h[0-9N-Sn-s]{4}"),
            _sign(ROTATED, rb"\\k[0-9N-Sn-s]{2}"),
            _sign(ESCAPES, rb"\\[uxUnrt\"/0-3]"),
        ),
    ),
}
"""Signs that hold a character which is rare in prose, by that character."""
