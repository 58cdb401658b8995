"""A second look at signs that ordinary texts are full of: long words, digits beside letters.

One RE2 pass over the text tells whether any of them is founded; where one is, the others are looked
for behind it. Ids, timestamps, digests and pictures hold none. What is encoded shows in texts that
were turned by thirteen letters or written backwards, too: as that sign, turned.
"""

import re
from collections.abc import Iterable
from functools import cache

from .. import closure
from ..automaton import Automaton
from ..effort import effort
from ..mirror import rotated
from ..regular import parse
from .backwards import BACKWARDS
from .base64_text import BASE64, CHARACTER
from .base64_text import TELLS as IN_BASE64
from .binary import BINARY
from .binary import TELLS as IN_BINARY
from .hexadecimal import HEXADECIMAL
from .hexadecimal import TELLS as IN_HEXADECIMAL
from .leet import LEET
from .morse import MORSE
from .morse import TELLS as IN_MORSE
from .reading import View
from .rotated import ROTATED
from .spaced import SPACED
from .spaced import TELLS as IN_SPACED

_LETTER, _DIGIT = "[A-Za-z]", "[0134578@$!|]"
_RARE = "[G-Zg-z]"
"""Letters that no number in hexadecimal holds."""
_WORD, _END = "[A-Za-z0-9@$!|]{0,20}", "[^A-Za-z0-9+/]"
_IN_LEET = (
    f"(?:^|{_END})(?:{_DIGIT}(?:{_RARE}{_LETTER}{{2}}|{_LETTER}{_RARE}{_LETTER}|{_LETTER}{{2}}{_RARE})"
    f"|{_WORD}(?:{_RARE}{_DIGIT}{{1,3}}{_LETTER}|{_LETTER}{_DIGIT}{{1,3}}{_RARE})){_WORD}(?:{_END}|\\z)"
)
"""A word, not the inside of a longer run, with digits between letters."""
_BEGIN, _ANY = "(?:^|[^A-Za-z0-9+/=])", "[A-Za-z0-9+/_-]"
_PAIR, _APART = "[2-7][0-9A-Fa-f]", "[ :,]"
_TURNED = (f"(?:{CHARACTER}){{5}}", f"(?:{_PAIR}){{8}}", f"(?:{_PAIR}{_APART}){{4}}{_PAIR}")
"""Sought where a word begins, and nowhere else: most of what is turned is nothing."""
_ROTATED = "|".join(closure.forward(rotated(parse(sign))) for sign in _TURNED)
_REVERSED = "|".join(closure.reverse(parse(sign)) for sign in _TURNED)
_HOST = re.compile(rb"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9@$!|-]|[.][A-Za-z0-9])")
_MOST_ADDRESSES = 16
"""E-mail addresses that are passed over in one text."""
_SIGNS = {
    BASE64: IN_BASE64,
    HEXADECIMAL: IN_HEXADECIMAL,
    BINARY: IN_BINARY,
    SPACED: IN_SPACED,
    MORSE: IN_MORSE,
    LEET: _IN_LEET,
    ROTATED: f"{_BEGIN}(?:{_ROTATED})",
    BACKWARDS: f"{_BEGIN}={{0,2}}{_ANY}{{0,3}}(?:{_REVERSED})|{IN_BINARY}",
}


@cache
def _any_of(views: frozenset[View]) -> Automaton:
    return Automaton("|".join(f"(?:{_SIGNS[view]})" for view in _SIGNS if view in views))


def founded(data: bytes, views: Iterable[View]) -> Iterable[View]:
    """Yield the views, of those that may show a sign, that show one which bears a second look."""
    every = frozenset(views)
    # Apart: its counts, together with the others, make more states than there is room for.
    if LEET in every and _shows_leet(data):
        yield LEET
    left, position = every - {LEET}, 0
    while left and effort.left >= 0 and (found := _any_of(left).search(data, position)) is not None:
        position = found[0]
        for view in left:
            if _any_of(frozenset((view,))).match(data, position) is not None:
                left -= {view}
                yield view


def _shows_leet(data: bytes) -> bool:
    """Say whether a text holds a word with signs for letters; the sign in an e-mail address is none."""
    search, position = _any_of(frozenset((LEET,))).search, 0
    for _ in range(_MOST_ADDRESSES):
        found = search(data, position) if effort.left >= 0 else None
        if found is None:
            return False
        start, end = found
        at = data.find(b"@", start, end)
        address = _HOST.match(data, at + 1) if at > 0 and data[at - 1 : at].isalnum() else None
        if address is None or search(data[:at], start) or search(data[at + 1 : address.end()], 0):
            return True
        position = address.end()
    return True
