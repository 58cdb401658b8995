"""Regular expressions derived from a rule's parse tree, written for RE2.

`forward` writes the tree as it is, `loosely` where it may begin; `prefixes` matches every prefix of
every match; `reverse` and `reversed_prefixes` do the same for the text read backwards. Each sequence
nests its parts, so all are linear in the size of the tree. They answer the question of hold-back:
which end of the text seen so far may still grow into a match?
"""

from .kept import kept
from .regular import LAST, Chars, Choice, Node, Repeat, Sequence

_COUNTED = 16
"""Repeats that are counted when matches are sought loosely."""


def forward(node: Node) -> str:
    """Write a tree as an RE2 expression."""
    match node:
        case Chars():
            return _chars(node)
        case Sequence(parts):
            return "".join(forward(part) for part in parts)
        case Choice(options):
            return _either([forward(option) for option in options])
        case Repeat(body, least, most):
            return _repeat(forward(body), least, most)


def loosely(node: Node) -> str:
    """Write an expression for where matches may begin: long repeats do not count, and none takes all it can.

    Whatever matches a tree begins like a match of this; automata that count from many places at once have
    a state for every set of counts.
    """
    match node:
        case Chars():
            return _chars(node)
        case Sequence(parts):
            return "".join(map(loosely, parts))
        case Choice(options):
            return _either([*map(loosely, options)])
        case Repeat(body, least, most):
            endless = most is None or most - least >= _COUNTED
            return _repeat(loosely(body), min(least, _COUNTED), None if endless else most) + "?"


def reverse(node: Node) -> str:
    """Write an expression for the matches read backwards."""
    match node:
        case Chars():
            return _chars(node)
        case Sequence(parts):
            return "".join(reverse(part) for part in reversed(parts))
        case Choice(options):
            return _either([reverse(option) for option in options])
        case Repeat(body, least, most):
            return _repeat(reverse(body), least, most)


def prefixes(node: Node) -> str:
    """Write an expression for all prefixes of all matches, the empty one and whole ones included."""
    match node:
        case Chars():
            return f"{_chars(node)}?"
        case Sequence(parts):
            written = ""
            for part in reversed(parts):
                written = _either([forward(part) + written, prefixes(part)]) if written else prefixes(part)
            return written
        case Choice(options):
            return _either([prefixes(option) for option in options])
        case Repeat(Chars() as one, _, most):
            return _repeat(_chars(one), 0, most)
        case Repeat(body, _, most):
            return _repeat(forward(body), 0, None if most is None else most - 1) + prefixes(body)


def reversed_prefixes(node: Node) -> str:
    """Write an expression for all prefixes of all matches, read backwards."""
    match node:
        case Chars():
            return f"{_chars(node)}?"
        case Sequence(parts):
            written = ""
            for part in reversed(parts):
                own = reversed_prefixes(part)
                written = _either([written + reverse(part), own]) if written else own
            return written
        case Choice(options):
            return _either([reversed_prefixes(option) for option in options])
        case Repeat(Chars() as one, _, most):
            return _repeat(_chars(one), 0, most)
        case Repeat(body, _, most):
            return reversed_prefixes(body) + _repeat(reverse(body), 0, None if most is None else most - 1)


def other_than(chars: Chars | None) -> str:
    """Write a class of every character outside `chars`; of all when there is none."""
    if chars is None:
        return r"(?s:.)"
    return f"[^{_ranges(chars)}]"


@kept(4096)
def _chars(chars: Chars) -> str:
    if chars.ranges == ((0, LAST),):
        return r"(?s:.)"
    return f"[{_ranges(chars)}]"


def _ranges(chars: Chars) -> str:
    return "".join(
        f"\\x{{{low:x}}}" if low == high else f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in chars.ranges
    )


def _either(options: list[str]) -> str:
    return f"(?:{'|'.join(options)})"


def _repeat(body: str, least: int, most: int | None) -> str:
    return f"(?:{body}){{{least},{'' if most is None else most}}}"
