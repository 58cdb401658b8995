"""What a rule's word looks like in a text that was turned by thirteen letters or written backwards.

Such texts show no sign of their own. So the words are turned and not the texts: they stand in a
database beside each other and cost nothing where they do not occur.
"""

from collections.abc import Iterator
from itertools import groupby

from .fixed import fixed, solid
from .kept import kept
from .regular import Chars, Choice, Node, Repeat, Sequence
from .views.rotated import ROT13

_ASCII = 128


def backwards(node: Node) -> Node:
    """Return the expression of all matches read from their ends."""
    match node:
        case Chars():
            return node
        case Sequence(parts):
            return Sequence(tuple(backwards(part) for part in reversed(parts)))
        case Choice(options):
            return Choice(tuple(backwards(option) for option in options))
        case Repeat(body, least, most):
            return Repeat(backwards(body), least, most)


def rotated(node: Node) -> Node:
    """Return the expression of all matches under ROT13."""
    match node:
        case Chars():
            return _turned(node)
        case Sequence(parts):
            return Sequence(tuple(rotated(part) for part in parts))
        case Choice(options):
            return Choice(tuple(rotated(option) for option in options))
        case Repeat(body, least, most):
            return Repeat(rotated(body), least, most)


@kept(4096)
def _turned(chars: Chars) -> Chars:
    codes: set[int] = set()
    beyond: list[tuple[int, int]] = []
    for low, high in chars.ranges:
        codes.update(ROT13.get(code, code) for code in range(low, min(high + 1, _ASCII)))
        if high >= _ASCII:
            beyond.append((max(low, _ASCII), high))
    return Chars((*_ranges(sorted(codes)), *beyond))


def _ranges(codes: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return ranges


def kernel(node: Node) -> Node:
    """Return the part of an expression that holds the most fixed bytes in a row: every match has it."""
    match node:
        case Choice(options):
            return Choice(tuple(kernel(option) for option in options))
        case Sequence(parts):
            return max(_kernels(parts), key=fixed)
        case Repeat(body, least) if least:
            return kernel(body)
        case _:
            return node


def _kernels(parts: tuple[Node, ...]) -> Iterator[Node]:
    for is_solid, group in groupby(parts, solid):
        if is_solid:
            yield Sequence(tuple(group))
        else:
            yield from map(kernel, group)
