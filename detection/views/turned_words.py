"""The rules' own words as they look turned by thirteen letters or written backwards."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .. import closure
from ..automaton import Automaton
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
_SHORT = 6
"""Characters of a word, gaps counted, that the ends of two other words may hold."""
_USUAL = (
    b" He went on in spite of it, and as a result there is no reason to go into more on different ways"
    b" to live: it is up to all of us, on one condition, in addition to that, or as is in some case."
)
"""A few words of any text. What gaps join that stands even there, tells nothing."""


class Turned(NamedTuple):
    """What shows that a text was turned, and by which view it is read."""

    view: View
    node: Node
    expression: Expression


def turned_words(patterns: Iterable[Pattern]) -> Iterator[Turned]:
    """Yield what shows that a text was turned."""
    for pattern in patterns:
        if is_shape(pattern):
            continue
        word, caseless = pattern.word()
        rares = _rare_parts(word)
        for turned in _telling(word, rares, backwards):
            yield Turned(BACKWARDS, turned, expression_of(turned, caseless))
        for turned in _telling(word, [rare for rare in rares if rotated(rare) != rare], rotated):
            yield Turned(ROTATED, turned, expression_of(turned, caseless))


def _telling(word: Node, rares: list[Node], turn: Callable[[Node], Node]) -> Iterator[Node]:
    """Yield rare parts of a word as they look turned; the whole word where one of them tells nothing."""
    usual = [rare for rare in rares if _may_be_usual(rare) and _is_usual(turn(rare))]
    for rare in rares:
        if rare not in usual:
            yield turn(rare)
    if usual and not _is_usual(turn(word)):
        yield turn(word)


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


def _may_be_usual(word: Node) -> bool:
    """Say whether other words may hold a rare one by chance: only at a gap, and only if it is short."""
    longest = width(word)[1]
    return longest is not None and longest <= _SHORT and _may_hold_space(word)


def _is_usual(turned: Node) -> bool:
    return Automaton(f"(?i){closure.forward(turned)}").search(_USUAL, 0) is not None


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
