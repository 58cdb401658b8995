"""What a rule's matches cannot be without, so that a word that gave the rule away may still be disregarded.

Words for cards, dates and accounts stand in ordinary texts everywhere; numbers beside them are rare. To
look for a digit near the word costs a tenth of looking for the match.
"""

import re
from collections.abc import Callable

from .alarms import Spans, pairs
from .patterns import CONTEXT, Pattern
from .regular import Chars, Choice, Node, Repeat, Sequence, parse, width
from .rules import LONGEST_LEAD

_DIGITS = (ord("0"), ord("9"))
_digit = re.compile(rb"[0-9]").search

type Hopeless = Callable[[bytes, Spans, int], bool]
"""Says of the bytes of a text, of the spans that `Pattern.starts` gave, and of the bytes of the text's widest
character, that no match begins there."""


def hopeless(pattern: Pattern) -> Hopeless | None:
    """Return what tells cheaply that a rule does not match around its words; None where nothing does."""
    if pattern.long or not _holds_digit(pattern.node):
        return None
    beyond = _beyond(pattern)

    def tell(data: bytes, starts: Spans, widest: int) -> bool:
        ahead = beyond * widest
        return not any(_digit(data, max(0, low), high + ahead) for low, high in pairs(starts))

    return tell


def _beyond(pattern: Pattern) -> int:
    """Return how many characters behind a span the first digit of a match may stand."""
    rule = pattern.rule
    within = 1 if _begins_with_digit(pattern.node) else rule.max_length
    if not (rule.lead and rule.anchor):
        return within + 1
    rest = (width(parse(rule.lead))[1] or LONGEST_LEAD) - width(parse(rule.anchor))[0]
    return within + 1 + min(max(rest, 0), CONTEXT)


def _holds_digit(node: Node) -> bool:
    """Say whether every match of an expression holds an ASCII digit."""
    match node:
        case Chars(ranges):
            return _are_digits(ranges)
        case Sequence(parts):
            return any(map(_holds_digit, parts))
        case Choice(options):
            return all(map(_holds_digit, options))
        case Repeat(body, least):
            return least > 0 and _holds_digit(body)


def _begins_with_digit(node: Node) -> bool:
    match node:
        case Chars(ranges):
            return _are_digits(ranges)
        case Sequence(parts):
            return bool(parts) and _begins_with_digit(parts[0])
        case Choice(options):
            return all(map(_begins_with_digit, options))
        case Repeat(body, least):
            return least > 0 and _begins_with_digit(body)


def _are_digits(ranges: tuple[tuple[int, int], ...]) -> bool:
    return bool(ranges) and ranges[0][0] >= _DIGITS[0] and ranges[-1][1] <= _DIGITS[1]
