"""What tells a curly quotation mark from a straight one: few rules, and hardly a word.

Typeset prose is full of curly marks, and the Unicode view reads it with straight ones. A rule that takes both
for the same finds there what it finds in the text as it stands, so that it need not be asked again.
"""

from collections.abc import Mapping

from .kept import kept
from .patterns import Pattern
from .regular import Chars, Choice, Node, Repeat, Sequence, parse, parse_class, width

CURLY: Mapping[str, str] = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
"""The curly marks, and as what the Unicode view reads them."""
_MARKS = frozenset((*CURLY, *CURLY.values()))
_LINE_FEED = "\n"


def minds_quotes(pattern: Pattern) -> bool:
    """Say whether a rule may find something else in a text whose curly marks are made straight.

    So it may where one of its expressions tells the marks apart, or a validator sees them. Before a reading
    stands one line feed more than before its text, so rules that a line feed may begin are told as well.
    """
    rule = pattern.rule
    classes = [parse_class(inside) for inside in (rule.before, rule.after) if inside]
    nodes = [pattern.node, *(parse(part) for part in (rule.lead, rule.anchor) if part), *classes]
    begins = [pattern.node, parse(rule.lead)] if rule.lead else [pattern.node]
    return (
        any(map(tells_apart, nodes))
        or (pattern.validated and _holds_mark(pattern.node))
        or any(not _MARKS.isdisjoint(word) or _LINE_FEED in word for word in rule.context)
        or any(map(_may_begin_with_line_feed, begins))
    )


def tells_apart(node: Node) -> bool:
    """Say whether an expression takes a curly mark and not its straight one, or the other way about."""
    match node:
        case Chars():
            return _takes_one(node)
        case Sequence(parts) | Choice(parts):
            return any(map(tells_apart, parts))
        case Repeat(body):
            return tells_apart(body)


@kept(4096)
def _takes_one(chars: Chars) -> bool:
    return any((curly in chars) != (straight in chars) for curly, straight in CURLY.items())


def _holds_mark(node: Node) -> bool:
    match node:
        case Chars():
            return any(mark in node for mark in _MARKS)
        case Sequence(parts) | Choice(parts):
            return any(map(_holds_mark, parts))
        case Repeat(body):
            return _holds_mark(body)


def _may_begin_with_line_feed(node: Node) -> bool:
    match node:
        case Chars():
            return _LINE_FEED in node
        case Choice(options):
            return any(map(_may_begin_with_line_feed, options))
        case Repeat(body):
            return _may_begin_with_line_feed(body)
        case Sequence(parts):
            for part in parts:
                if _may_begin_with_line_feed(part):
                    return True
                if width(part)[0]:
                    return False
            return False
