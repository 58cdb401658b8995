"""The rules' own words as they look turned by thirteen letters or written backwards."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..database_cache import Expression
from ..fixed import expression_of, fixed
from ..mirror import backwards, kernel, rotated
from ..patterns import Pattern
from ..regular import Chars, Choice, Node, Repeat, Sequence, is_ascii, width
from ..rules import Rule
from ..shapes import is_shape
from .backwards import BACKWARDS
from .reading import View
from .rotated import ROTATED

_RARE = ((5, 5), (4, 8))
"""Fixed bytes in a row and characters of a word that is sought turned or backwards: either pair will do."""
_RARE_ABROAD = 6
"""Fixed bytes in a row of such a word beyond ASCII."""


def turned_words(patterns: Iterable[Pattern]) -> Iterator[tuple[View, Expression]]:
    """Yield what shows that a text was turned, and by which view it is read."""
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
    # What is put together of the ends of two words stands in any text, whichever they are.
    least, long = fixed(word) - _may_hold_space(word), width(word)[0]
    return any(least >= one and long >= other for one, other in _RARE)


def _may_hold_space(node: Node) -> bool:
    match node:
        case Chars():
            return " " in node
        case Sequence(parts) | Choice(parts):
            return any(map(_may_hold_space, parts))
        case Repeat(body):
            return _may_hold_space(body)


@lru_cache(4096)
def telling(rule: Rule) -> bool:
    """Say whether a rule is believed where a view only guesses: a word of its own gives it away."""
    return bool(rule.lead or rule.context or rule.anchor) and not is_shape(Pattern(rule))
