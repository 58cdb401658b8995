"""Telling cheaply which views of a text are worth making: nearly always none.

What an encoding looks like, and the rules' own words as they look turned by thirteen letters or
written backwards, stand in one Hyperscan database, each reported once. Signs that need a character
which is rare in prose are not sought before that character was seen.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import hyperscan

from ..database_cache import Expression, compile_database
from ..encoded import Encoded
from ..fixed import expression_of
from ..mirror import backwards, kernel, rotated
from ..patterns import Pattern
from ..regular import is_ascii
from ..rules import Rule
from ..shapes import is_shape
from .backwards import BACKWARDS
from .base64_text import BASE64
from .binary import BINARY
from .entities import ENTITIES
from .escapes import ESCAPES
from .folded import BARE, FOLDED
from .hexadecimal import HEXADECIMAL
from .leet import LEET
from .morse import MORSE
from .percent import PERCENT
from .reading import View
from .rotated import ROTATED
from .spaced import BETWEEN, SPACED
from .unicode import differs

VIEWS = (
    FOLDED,
    BARE,
    PERCENT,
    ENTITIES,
    ESCAPES,
    BASE64,
    HEXADECIMAL,
    SPACED,
    LEET,
    ROTATED,
    BACKWARDS,
    BINARY,
    MORSE,
)
"""In the order they are made."""

_ONCE = int(hyperscan.HS_FLAG_SINGLEMATCH)
_CASELESS = int(hyperscan.HS_FLAG_CASELESS)
_ABROAD = r"(?:[ ._*|/,+~^-]{1,3}[\xc2-\xf4][\x80-\xbf]{1,3}){3}[ ._*|/,+~^-]"
"""Characters beyond ASCII one by one."""
_SEEN = (
    (BASE64, "[A-Za-z0-9+/_-]{16}"),
    (HEXADECIMAL, "[ :,-](?:0x)?[2-7][0-9a-f][ :,-]{1,2}(?:0x)?[2-7][0-9a-f][ :,-]{1,2}(?:0x)?[2-7][0-9a-f]"),
    (
        HEXADECIMAL,
        "[c-f][0-9a-f][ :,-][89ab][0-9a-f][ :,-][89a-f][0-9a-f][ :,-]",
    ),
    (LEET, "[g-z][0134578@$!|][a-z0-9@$!]"),
    (LEET, "[a-z0-9@$!][0134578@$!|][g-z]"),
    (BINARY, "[01]{8} [01]{8} "),
    (SPACED, _ABROAD),
    (MORSE, "[.-]{1,6}[ /]{1,3}[.-]{1,6}[ /]{1,3}[.-]{1,6}[ /]{1,3}[.-]{1,6}[ /]{1,3}[.-]{1,6}[ /]"),
    *(
        (SPACED, re.escape(f"{sign}{letter}{sign}"))
        for sign in BETWEEN
        for letter in "bcdefghjklmnpqrstuvwxz0123456789"
    ),
)
"""Signs of views, in any case. Of spaced text only letters that are no word of their own."""
_SPELLED = (
    (PERCENT, b"%", re.compile(rb"%[0-9A-Fa-f]{2}")),
    (PERCENT, b"+", re.compile(rb"[A-Za-z]\+[A-Za-z]{1,30}\+[A-Za-z]")),
    (ENTITIES, b"&", re.compile(rb"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]{1,30};)")),
    (ESCAPES, b"\\", re.compile(rb"\\[uxUnrt\"/0-3]")),
)
_ALSO = {BASE64: (HEXADECIMAL, BINARY), FOLDED: (BARE,)}
"""Views whose signs are seen together."""


class Signs:
    """Looks for signs of views. Not for two threads at once.

    Args:
        patterns: the rules whose words are looked for.
        compiled: compiles a database, or loads it.
    """

    def __init__(
        self,
        patterns: Iterable[Pattern],
        compiled: Callable[[Sequence[Expression]], hyperscan.Database] = compile_database,
    ):
        found = dict.fromkeys(
            [*_words(patterns), *((view, Expression(sign.encode(), _CASELESS)) for view, sign in _SEEN)]
        )
        views = [view for view, _ in found]
        database = compiled([Expression(one.pattern, one.flags | _ONCE) for _, one in found])
        self._scan = database.scan
        self._seen: set[View] = set()
        seen = self._seen

        # A closure and not a method: it runs for every sign.
        def on_hit(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            seen.add(views[index])

        self._on_hit = on_hit

    def of(self, encoded: Encoded) -> tuple[View, ...]:
        """Return the views that a text may read differently through, in order."""
        seen, data = self._seen, encoded.data
        seen.clear()
        self._scan(data, self._on_hit)
        for view, sign, whole in _SPELLED:
            if sign in data and whole.search(data):
                seen.add(view)
        if not encoded.plain and differs(encoded.text):
            seen.add(FOLDED)
        if not seen:
            return _NONE
        for view, others in _ALSO.items():
            if view in seen:
                seen.update(others)
        return tuple(view for view in VIEWS if view in seen)


_NONE: tuple[View, ...] = ()


def _words(patterns: Iterable[Pattern]) -> Iterable[tuple[View, Expression]]:
    for pattern in patterns:
        if not is_shape(pattern):
            word, caseless = pattern.word()
            turned = word if is_ascii(word) else kernel(word)
            yield ROTATED, expression_of(rotated(turned), caseless)
            yield BACKWARDS, expression_of(backwards(turned), caseless)


@lru_cache(4096)
def telling(rule: Rule) -> bool:
    """Say whether a rule is believed where a view only guesses: a word of its own gives it away."""
    return bool(rule.lead or rule.context or rule.anchor) and not is_shape(Pattern(rule))
