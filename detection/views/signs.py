"""Telling cheaply which views of a text are worth making: nearly always none.

What an encoding looks like, and the rules' own words as they look turned by thirteen letters or
written backwards, stand in one Hyperscan database, each reported once. Signs that need a character
which is rare in prose are not sought before that character was seen.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Series
from functools import lru_cache

import hyperscan

from ..database_cache import Expression, compile_database
from ..encoded import Encoded
from ..fixed import expression_of, fixed
from ..mirror import backwards, kernel, rotated
from ..patterns import Pattern
from ..regular import Choice, Node, is_ascii, width
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

_RARE = ((5, 5), (4, 8), (3, 10))
"""Fixed bytes in a row and characters of a word that is sought turned or backwards: either pair will do."""
_RARE_ABROAD = 6
"""Fixed bytes in a row of such a word beyond ASCII."""
_ONCE = int(hyperscan.HS_FLAG_SINGLEMATCH)
_CASELESS = int(hyperscan.HS_FLAG_CASELESS)
_SEEN = (
    (BASE64, "[A-Za-z0-9+/_-]{16}"),
    (HEXADECIMAL, "[ :,][2-7][0-9a-f][ :,][2-7][0-9a-f][ :,][2-7][0-9a-f][ :,]"),
    (HEXADECIMAL, "[ :,][c-f][0-9a-f][ :,][89ab][0-9a-f][ :,]"),
    (HEXADECIMAL, "0x[0-9a-f]{2}[ ,]{1,2}0x[0-9a-f]{2}[ ,]"),
    (LEET, "[g-z][0134578@$!|][a-z0-9@$!]"),
    (LEET, "[a-z0-9@$!][0134578@$!|][g-z]"),
    (BINARY, " [01]{8} [01]{8}"),
    (MORSE, " [.-][.-]{1,4}[ /]{1,3}[.-]{1,5} "),
    *(
        (SPACED, re.escape(f"{sign}{one}{sign}"))
        for sign in BETWEEN
        for one in "bcdefghjklmnpqrstuvwxz0123456789"
    ),
)
"""Signs of views, in any case. Of spaced text only letters that are no word of their own."""
_SEEN_ABROAD = ((SPACED, r"(?:[ ._*|/,+~^-]{1,3}[\xc2-\xf4][\x80-\xbf]{1,3}){3}[ ._*|/,+~^-]"),)
"""Signs in texts that are not all ASCII."""
_SPELLED = (
    (b"%", ((PERCENT, re.compile(rb"%[0-9A-Fa-f]{2}")),)),
    (b"+", ((PERCENT, re.compile(rb"[A-Za-z0-9.:,]\+[A-Za-z0-9.:,]{1,30}(?:[+%\s]|\Z)")),)),
    (
        b"&",
        (
            (ENTITIES, re.compile(rb"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]{1,30};)")),
            (BACKWARDS, re.compile(rb";[0-9]{2,6}#&")),
            (BACKWARDS, re.compile(rb";[0-9A-Fa-f]{2,6}x#&")),
        ),
    ),
    (
        b"\\",
        (
            (BACKWARDS, re.compile(rb"[0-9A-Fa-f]{4}u\\")),
            (BACKWARDS, re.compile(rb"[0-9A-Fa-f]{2}x\\")),
            (ROTATED, re.compile(rb"\\h[0-9N-Sn-s]{4}")),
            (ROTATED, re.compile(rb"\\k[0-9N-Sn-s]{2}")),
            (ESCAPES, re.compile(rb"\\[uxUnrt\"/0-3]")),
        ),
    ),
)
"""Signs that hold a character which is rare in prose, by that character."""
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
        compiled: Callable[[Series[Expression]], hyperscan.Database] = compile_database,
    ):
        self._seen: set[View] = set()
        # Two databases cost less than one of both: the engine treats words alone much better.
        words = [*dict.fromkeys(_words(patterns))]
        local = [word for word in words if not _is_abroad(word[1])]
        self._words = self._scanner(local, compiled)
        self._looks = self._scanner(_expressions(_SEEN), compiled)
        self._words_abroad = self._scanner([word for word in words if _is_abroad(word[1])], compiled)
        self._looks_abroad = self._scanner(_expressions(_SEEN_ABROAD), compiled)

    def _scanner(
        self,
        expressions: Iterable[tuple[View, Expression]],
        compiled: Callable[[Series[Expression]], hyperscan.Database],
    ) -> Callable[[bytes], None]:
        """Return what adds the views of whichever expressions occur to those that were seen."""
        signs = [*expressions]
        if not signs:
            return lambda _: None
        views, each = zip(*signs, strict=True)
        scan = compiled([Expression(one.pattern, one.flags | _ONCE) for one in each]).scan
        seen = self._seen.add

        # A closure and not a method: it runs for every sign.
        def on_hit(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            seen(views[index])

        return lambda data: scan(data, on_hit)

    def of(self, encoded: Encoded) -> tuple[View, ...]:
        """Return the views that a text may read differently through, in order."""
        seen, data = self._seen, encoded.data
        seen.clear()
        self._words(data)
        self._looks(data)
        for rare, signs in _SPELLED:
            if rare in data:
                seen.update(view for view, sign in signs if sign.search(data))
        if not encoded.plain:
            self._words_abroad(data)
            self._looks_abroad(data)
            if differs(encoded.text):
                seen.add(FOLDED)
        if not seen:
            return _NONE
        for view, others in _ALSO.items():
            if view in seen:
                seen.update(others)
        return tuple(view for view in VIEWS if view in seen)


_NONE: tuple[View, ...] = ()


def _is_abroad(expression: Expression) -> bool:
    return bool(expression.flags & int(hyperscan.HS_FLAG_UTF8))


def _expressions(signs: Iterable[tuple[View, str]]) -> Iterator[tuple[View, Expression]]:
    return ((view, Expression(sign.encode(), _CASELESS)) for view, sign in signs)


def _words(patterns: Iterable[Pattern]) -> Iterator[tuple[View, Expression]]:
    for pattern in patterns:
        if is_shape(pattern):
            continue
        word, caseless = pattern.word()
        for rare in _rare_parts(word):
            yield BACKWARDS, expression_of(backwards(rare), caseless)
            if (turned := rotated(rare)) != rare:
                yield ROTATED, expression_of(turned, caseless)


def _rare_parts(word: Node) -> list[Node]:
    """Return rare parts of a word of which nearly every occurrence holds one: the shorter the better."""
    part = word if isinstance(word, Choice) else kernel(word)
    if not isinstance(part, Choice):
        return [each for each in (part, word) if _is_rare(each)][:1]
    each = [_rare_parts(option) for option in part.options]
    if not all(each) and _is_rare(word):
        return [word]
    return [rare for rares in each for rare in rares]


def _is_rare(word: Node) -> bool:
    """Say whether a word will hardly stand in a text by chance, turned or written backwards."""
    if not is_ascii(word):
        return fixed(word) >= _RARE_ABROAD
    least, long = fixed(word), width(word)[0]
    return any(least >= one and long >= other for one, other in _RARE)


@lru_cache(4096)
def telling(rule: Rule) -> bool:
    """Say whether a rule is believed where a view only guesses: a word of its own gives it away."""
    return bool(rule.lead or rule.context or rule.anchor) and not is_shape(Pattern(rule))
