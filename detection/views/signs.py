"""Telling cheaply which views of a text are worth making: nearly always none.

What an encoding looks like, and the rules' own words as they look turned by thirteen letters or
written backwards, stand in Hyperscan databases, each reported once. What ordinary texts are full of
is given a second look.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Sequence as Series

import hyperscan

from ..database_cache import Expression, compile_database
from ..encoded import Encoded
from ..fixed import solid
from ..patterns import Pattern
from ..quotes import tells_apart
from . import runs
from .at_signs import words_with_at_signs
from .backwards import BACKWARDS
from .base64_text import BASE64
from .binary import BINARY
from .doubtful import founded
from .entities import ENTITIES
from .escapes import ESCAPES
from .folded import BARE, FOLDED
from .hexadecimal import HEXADECIMAL
from .leet import LEET
from .marks import ABROAD, CLASSES, IN_LONG, LITERAL, RARE
from .morse import MORSE
from .percent import PERCENT
from .reading import View
from .rotated import ROTATED
from .spaced import SPACED
from .turned_words import Turned, turned_words
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

GROWING = runs.VIEWS | {FOLDED}
"""Views that a growing text is judged through: its runs, and characters that stand for others."""

type _Doubts = tuple[View, ...]
type _Shown = View | _Doubts
"""What a sign shows, or what may be there and is to be looked for again."""
_ONCE = int(hyperscan.HS_FLAG_SINGLEMATCH)
_CASELESS = int(hyperscan.HS_FLAG_CASELESS)
_UNSEEN = Expression(rb"\xff\xfe", 0)
"""Two bytes that no UTF-8 holds, among many words. Where one is so short the engine looks at every byte.
Where all are longer it looks at fewer, tells them apart badly, and prose costs it twice as much."""
_AT = ord("@")
"""Stands in every word with a sign for a letter, and hardly in prose."""


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
        self._doubts: set[View] = set()
        # Each of a kind by itself costs less than one database of all: see `_UNSEEN`.
        patterns = tuple(patterns)
        words = [*{(word.view, word.expression): word for word in turned_words(patterns)}.values()]
        local = [word for word in words if not _is_abroad(word.expression)]
        literal = _expressions((views, re.escape(sign)) for views, sign in LITERAL)
        self._solid = self._scanner(_shown_by(word for word in local if solid(word.node)), compiled, _UNSEEN)
        gapped = _shown_by(word for word in local if not solid(word.node))
        self._gapped = self._scanner([*gapped, *literal], compiled, _UNSEEN)
        self._disguised = self._scanner(words_with_at_signs(patterns), compiled)
        self._looks = self._scanner(_expressions(CLASSES), compiled)
        self._looks_in_long = self._scanner(_expressions(IN_LONG), compiled)
        abroad_words = _shown_by(word for word in words if _is_abroad(word.expression))
        self._words_abroad = self._scanner(abroad_words, compiled)
        minding = _shown_by(word for word in words if tells_apart(word.node))
        self._minding_quotes = self._scanner(minding, compiled)
        abroad = [((SPACED,), sign) for sign in ABROAD]
        self._looks_abroad = self._scanner(_expressions(abroad), compiled)
        in_runs = ((views, re.escape(sign)) for views, sign in LITERAL)
        self._literal_in_runs = self._scanner(_expressions(_of_growing(in_runs)), compiled)
        self._looks_in_runs = self._scanner(_expressions(_of_growing(CLASSES)), compiled)

    def _scanner(
        self,
        expressions: Iterable[tuple[_Shown, Expression]],
        compiled: Callable[[Series[Expression]], hyperscan.Database],
        *more: Expression,
    ) -> Callable[[bytes], None]:
        """Return what adds the views of whichever expressions occur to those that were seen, or may be.

        What stands in `more` occurs nowhere.
        """
        signs = [*expressions]
        if not signs:
            return lambda _: None
        views, each = zip(*signs, strict=True)
        scan = compiled([Expression(one.pattern, one.flags | _ONCE) for one in (*each, *more)]).scan
        seen, doubts = self._seen.add, self._doubts.update

        # A closure and not a method: it runs for every sign.
        def on_hit(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            shown = views[index]
            if type(shown) is View:
                seen(shown)
            else:
                doubts(shown)

        return lambda data: scan(data, on_hit)

    def of(self, encoded: Encoded) -> tuple[View, ...]:
        """Return the views that a text may read differently through, in order."""
        data = encoded.data
        self._seen.clear()
        self._doubts.clear()
        self._solid(data)
        self._gapped(data)
        if _AT in data:
            self._disguised(data)
        self._looks(data)
        if not encoded.plain:
            self._words_abroad(data)
            self._looks_abroad(data)
        return self._shown(encoded)

    def of_growing(self, encoded: Encoded) -> tuple[View, ...]:
        """Return those of them that a growing text is read through."""
        data = encoded.data
        self._seen.clear()
        self._doubts.clear()
        self._literal_in_runs(data)
        self._looks_in_runs(data)
        shown = self._shown(encoded, GROWING)
        return tuple([view for view in shown if view in GROWING]) if shown else _NONE

    def straightened_shows(self, encoded: Encoded) -> bool:
        """Say whether a text may show a view that it did not before its curly marks were made straight.

        Then it showed none but that it reads differently.
        """
        # Signs that are fixed characters or classes, and what bears a second look, do not mind these marks.
        self._seen.clear()
        self._doubts.clear()
        self._minding_quotes(encoded.data)
        self._see_rare(encoded.data)
        return bool(self._seen)

    def _shown(self, encoded: Encoded, wanted: Collection[View] = VIEWS) -> tuple[View, ...]:
        """Add what shows by rare characters, look at doubts again, and return all views in order."""
        seen, doubts, data = self._seen, self._doubts, encoded.data
        self._see_rare(data)
        if not encoded.plain and differs(encoded.text):
            seen.update((FOLDED, BARE))
        if doubts:
            if BASE64 in doubts:
                self._looks_in_long(data)
            seen.update(founded(data, doubts.intersection(wanted) - seen))
        if not seen:
            return _NONE
        return tuple([view for view in VIEWS if view in seen])

    def _see_rare(self, data: bytes) -> None:
        for rare, marks in _RARE:
            if rare in data and marks.any.search(data):
                self._seen.update(view for view, sign in marks.each if sign(data))


_NONE: tuple[View, ...] = ()
_RARE = tuple([(ord(rare), marks) for rare, marks in RARE.items()])
"""By number: bytes are sought in bytes several times as slowly."""


def _shown_by(words: Iterable[Turned]) -> Iterator[tuple[View, Expression]]:
    return ((word.view, word.expression) for word in words)


def _is_abroad(expression: Expression) -> bool:
    return bool(expression.flags & int(hyperscan.HS_FLAG_UTF8))


def _of_growing(signs: Iterable[tuple[_Doubts, str]]) -> Iterator[tuple[_Doubts, str]]:
    return ((views, sign) for views, sign in signs if not GROWING.isdisjoint(views))


def _expressions(signs: Iterable[tuple[_Doubts, str]]) -> Iterator[tuple[_Doubts, Expression]]:
    return ((view, Expression(sign.encode(), _CASELESS)) for view, sign in signs)
