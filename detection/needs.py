"""What a rule's matches cannot be without, so that a word that gave the rule away may still be disregarded.

Words for cards, dates and accounts stand in ordinary texts everywhere; numbers beside them are rare, and
so are the marks of markup and shells. To look for one near the word is cheaper than to look for the match.
"""

import re
from collections.abc import Callable

from .alarms import Spans, pairs
from .effort import effort
from .patterns import CONTEXT, Pattern
from .regular import Chars, Choice, Node, Repeat, Sequence, parse, parse_class, width
from .rules import LONGEST_LEAD

_SELDOM = ("0-9", "0-9<>{}|@#$%^&*+=~\\\\")
"""Insides of classes of characters that are rare in prose, the rarest first."""
_ONE_SPAN = 2
_PAST = 8
"""Steps of looking past bytes are these shifted by so many."""

type Hopeless = Callable[[bytes, Spans, int], bool]
"""Says of the bytes of a text, of the spans that `Pattern.starts` gave, and of the bytes of the text's widest
character, that no match begins there."""


def hopeless(pattern: Pattern) -> Hopeless | None:
    """Return what tells cheaply that a rule does not match around its words; None where nothing does."""
    if pattern.long:
        return None
    for inside in _SELDOM:
        seldom = parse_class(inside)
        if _holds(pattern.node, seldom):
            return _without(re.compile(f"[{inside}]".encode()), _beyond(pattern, seldom))
    return None


def _without(seldom: re.Pattern[bytes], beyond: int) -> Hopeless:
    search = seldom.search

    def tell(data: bytes, starts: Spans, widest: int) -> bool:
        if effort.left < 0:
            return False
        ahead = beyond * widest
        if len(starts) == _ONE_SPAN:  # nearly always, and worth a microsecond
            hopeless = search(data, max(0, starts[0]), starts[1] + ahead) is None
            if hopeless:
                effort.left -= starts[1] + ahead - starts[0] >> _PAST
            return hopeless
        return not any(search(data, max(0, low), high + ahead) for low, high in pairs(starts))

    return tell


def _beyond(pattern: Pattern, seldom: Chars) -> int:
    """Return how many characters behind a span the first rare one of a match may stand."""
    rule = pattern.rule
    within = 1 if _begins(pattern.node, seldom) else rule.max_length
    if not (rule.lead and rule.anchor):
        return within + 1
    rest = (width(parse(rule.lead))[1] or LONGEST_LEAD) - width(parse(rule.anchor))[0]
    return within + 1 + min(max(rest, 0), CONTEXT)


def _holds(node: Node, seldom: Chars) -> bool:
    """Say whether every match of an expression holds one of these characters."""
    match node:
        case Chars(ranges):
            return _among(ranges, seldom)
        case Sequence(parts):
            return any(_holds(part, seldom) for part in parts)
        case Choice(options):
            return all(_holds(option, seldom) for option in options)
        case Repeat(body, least):
            return least > 0 and _holds(body, seldom)


def _begins(node: Node, seldom: Chars) -> bool:
    """Say whether every match of an expression begins with one of these characters."""
    match node:
        case Chars(ranges):
            return _among(ranges, seldom)
        case Sequence(parts):
            return bool(parts) and _begins(parts[0], seldom)
        case Choice(options):
            return all(_begins(option, seldom) for option in options)
        case Repeat(body, least):
            return least > 0 and _begins(body, seldom)


def _among(ranges: tuple[tuple[int, int], ...], seldom: Chars) -> bool:
    return bool(ranges) and all(
        any(first <= low and high <= last for first, last in seldom.ranges) for low, high in ranges
    )
