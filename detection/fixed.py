"""What is fixed in an expression, which is what Hyperscan is fast at, and how it is written for it."""

from itertools import takewhile
from typing import NamedTuple

import hyperscan

from . import closure
from .database_cache import Expression
from .kept import kept
from .regular import LAST, Chars, Choice, Node, Repeat, Sequence, is_ascii, width

WORD = 2
"""Fixed bytes in a row that make an anchor a word."""
HEAD = 3
"""Fixed bytes in a row that make the beginning of a match a word."""
_LONGEST_HEAD = 64
_A_FEW = 8
"""Characters of a class that count as one fixed character."""
_SELDOM = "@+"
"""Characters that are as telling as a word."""


def fixed(node: Node) -> int:
    """Return how many fixed bytes in a row every match of an expression holds."""
    return _fixed(node).longest


def solid(node: Node) -> bool:
    """Say whether nothing but fixed bytes matches an expression."""
    return _fixed(node).throughout


def head_of(node: Node) -> Node | None:
    """Return the shortest beginning that holds a word, of each option its own; None where there is none."""
    if isinstance(node, Choice):
        heads = [head_of(option) or (option if _is_head(option) else None) for option in node.options]
        return Choice(tuple(head for head in heads if head)) if all(heads) else None
    parts = node.parts if isinstance(node, Sequence) else (node,)
    for count in range(1, len(parts)):
        head = Sequence(parts[:count])
        longest = width(head)[1]
        if longest is None or longest > _LONGEST_HEAD:
            return None
        if fixed(head) >= HEAD:
            return head
    return None


def _is_head(node: Node) -> bool:
    longest = width(node)[1]
    return longest is not None and longest <= _LONGEST_HEAD and fixed(node) >= HEAD


def expression_of(node: Node, caseless: bool) -> Expression:
    """Write an expression for Hyperscan, whose names of classes mean something else than RE2's."""
    flags = int(hyperscan.HS_FLAG_CASELESS) if caseless else 0
    head, end = _ending(node)
    if not is_ascii(head):
        # Without UCP: with it, a caseless literal at the very end of the data can be missed.
        return Expression(closure.forward(node).encode(), flags | int(hyperscan.HS_FLAG_UTF8))
    return Expression((closure.forward(head) + end).encode(), flags)


def _ending(node: Node) -> tuple[Node, str]:
    """Part an expression from a last class that takes all beyond ASCII: there its first byte will do."""
    if isinstance(node, Sequence) and isinstance(node.parts[-1], Chars):
        ranges = node.parts[-1].ranges
        if ranges[-1] == (ranges[-1][0], LAST) and ranges[-1][0] < _BEYOND_ASCII:
            inside = "".join(f"\\x{{{low:x}}}-\\x{{{min(high, 255):x}}}" for low, high in ranges)
            return Sequence(node.parts[:-1]), f"[{inside}]"
    return node, ""


_BEYOND_ASCII = 128


class _Fixed(NamedTuple):
    """Fixed bytes that every match of an expression holds in a row."""

    longest: int
    at_start: int
    at_end: int
    throughout: bool
    """Whether nothing but fixed bytes matches."""


def _fixed(node: Node) -> _Fixed:
    match node:
        case Chars():
            return _of_chars(node)
        case Choice(options):
            each = [_fixed(option) for option in options]
            return _Fixed(*map(min, zip(*each, strict=True)))
        case Repeat(body, least, most):
            inner = _fixed(body) if least else _LOOSE
            return inner if most == 1 else inner._replace(throughout=False)
        case Sequence(parts):
            return _joined(parts)


def _joined(parts: tuple[Node, ...]) -> _Fixed:
    longest, at_start, at_end, throughout = 0, 0, 0, True
    for part in parts:
        found = _fixed(part)
        longest = max(longest, found.longest, at_end + found.at_start)
        at_start += found.at_start if throughout else 0
        at_end = found.at_end + (at_end if found.throughout else 0)
        throughout = throughout and found.throughout
    return _Fixed(longest, at_start, at_end, throughout)


@kept(4096)
def _of_chars(chars: Chars) -> _Fixed:
    weight = _weight(chars)
    return _Fixed(weight, weight, weight, weight > 0)


def _weight(chars: Chars) -> int:
    """Count the bytes that all characters of a class begin with; a few characters count as one."""
    low, high = chars.ranges[0][0], chars.ranges[-1][1]
    if len(chars.ranges) == 1 and chr(low) in _SELDOM:
        return WORD
    if sum(last - first + 1 for first, last in chars.ranges) <= _A_FEW:
        return len(chr(low).encode("utf-8", "replace"))
    common = zip(*(chr(code).encode("utf-8", "replace") for code in (low, high)), strict=False)
    return len([*takewhile(lambda pair: pair[0] == pair[1], common)])


_LOOSE = _Fixed(0, 0, 0, False)
