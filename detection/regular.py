r"""The regular subset that rules are written in, and its parse tree.

Literals, `.`, classes, ``\d \w \s`` and their negations, non-capturing groups, alternation and
greedy repeats. Everything here means the same to RE2 and to Hyperscan and takes linear time;
whatever else a regular expression can say (look-around, anchors, back-references, lazy or
possessive repeats, flags, capturing groups) is refused by name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .kept import kept

type Node = Chars | Sequence | Choice | Repeat

LAST = 0x10FFFF
"""Largest code point."""
MOST_REPEATS = 200
"""Largest count a repeat may name; RE2 itself stops at 1000, nested repeats multiplied."""


class NotRegular(ValueError):
    """A pattern outside the subset. The message says what and at which offset."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of sorted, disjoint, inclusive code point ranges."""

    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, char: str) -> bool:
        return any(low <= ord(char) <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another; no parts is the empty text."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the options."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`body` between `least` and `most` times; `most` None is without end."""

    body: Node
    least: int
    most: int | None


@kept(2048)
def parse(pattern: str) -> Node:
    """Return the parse tree of a pattern, kept for the next who asks. Raises `NotRegular`."""
    return _Parser(pattern).whole()


@kept(512)
def parse_class(inside: str) -> Chars:
    r"""Return the set named by the inside of a character class (``A-Za-z0-9_``, ``^\s``)."""
    return Chars(_class_ranges(inside))


def width(node: Node) -> tuple[int, int | None]:
    """Return the shortest and the longest match in characters; None is without bound."""
    if isinstance(node, Chars):
        return 1, 1
    if isinstance(node, Sequence):
        return _sum_of(node.parts)
    if isinstance(node, Choice):
        return _span_of(node.options)
    least, most = width(node.body)
    if most == 0:
        return 0, 0
    return least * node.least, None if most is None or node.most is None else most * node.most


def is_ascii(node: Node) -> bool:
    """Say whether all characters that may match are ASCII."""
    match node:
        case Chars(ranges):
            return ranges[-1][1] < 128
        case Sequence(parts) | Choice(parts):
            return all(map(is_ascii, parts))
        case Repeat(body):
            return is_ascii(body)


def _sum_of(parts: tuple[Node, ...]) -> tuple[int, int | None]:
    shortest, longest, endless = 0, 0, False
    for part in parts:
        if isinstance(part, Chars):
            shortest, longest = shortest + 1, longest + 1
        else:
            least, most = width(part)
            shortest, longest, endless = shortest + least, longest + (most or 0), endless or most is None
    return shortest, None if endless else longest


def _span_of(options: tuple[Node, ...]) -> tuple[int, int | None]:
    widths = [width(option) for option in options]
    endless = any(most is None for _, most in widths)
    return min(least for least, _ in widths), None if endless else max(most or 0 for _, most in widths)


_TOKEN = re.compile(
    r"""
      (?P<open>\(\?:) | (?P<close>\)) | (?P<bar>\|)
    | (?P<repeat>(?:[*+?]|\{(?P<least>\d{1,4})(?P<comma>,(?P<most>\d{1,4})?)?\})(?P<mode>[?+])?)
    | (?P<set>\[(?P<inside>\^?(?:[^\]\[\\]|\\.)+)\])
    | (?P<escape>\\(?:x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\}|.))
    | (?P<dot>\.)
    | (?P<run>[^\\()\[\]{}*+?|^$.]{2,}(?![*+?{]))
    | (?P<literal>[^\\()\[\]{}*+?|^$.])
    """,
    re.VERBOSE | re.DOTALL,
)
_ITEM = re.compile(r"\\x\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}|\\.|[^\\]", re.DOTALL)

_DIGIT = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 10), (12, 13), (32, 32))
_NAMED = {"n": 10, "t": 9, "r": 13, "f": 12}


def _complement(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    edges = [(-1, -1), *ranges, (LAST + 1, LAST + 1)]
    return tuple((left[1] + 1, right[0] - 1) for left, right in pairwise(edges) if left[1] + 1 < right[0])


_SETS = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_SETS |= {name.upper(): _complement(ranges) for name, ranges in _SETS.items()}
_ANY = Chars(_complement(((10, 10),)))


@kept(1024)
def _escape_ranges(token: str) -> tuple[tuple[int, int], ...]:
    name = token[1]
    if name in _SETS:
        return _SETS[name]
    if name == "x":
        code = int(token[2:].strip("{}"), 16)
        if code > LAST:
            raise NotRegular(f"{token} is no code point")
        return ((code, code),)
    if name in _NAMED:
        return ((_NAMED[name], _NAMED[name]),)
    if name.isalnum():
        raise NotRegular(f"escape {token} is not allowed")
    return ((ord(name), ord(name)),)


@kept(1024)
def _class_ranges(inside: str) -> tuple[tuple[int, int], ...]:
    negated = inside.startswith("^")
    items = _ITEM.findall(inside[negated:])
    if not items or "".join(items) != inside[negated:]:
        raise NotRegular(f"bad class [{inside}]")
    ranges = _merge(_members(items, inside))
    return _complement(ranges) if negated else ranges


def _members(items: list[str], inside: str) -> Iterator[tuple[int, int]]:
    index = 0
    while index < len(items):
        start = _item_ranges(items[index])
        if items[index + 1 : index + 2] == ["-"] and index + 2 < len(items):
            end = _item_ranges(items[index + 2])
            low, high = start[0][0], end[0][0]
            if start != ((low, low),) or end != ((high, high),) or low > high:
                raise NotRegular(f"bad range in [{inside}]")
            yield low, high
            index += 3
        else:
            yield from start
            index += 1


def _item_ranges(item: str) -> tuple[tuple[int, int], ...]:
    if item.startswith("\\"):
        return _escape_ranges(item)
    if item in "[]":
        raise NotRegular(f"{item} must be escaped in a class")
    return ((ord(item), ord(item)),)


def _merge(ranges: Iterator[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


@kept(4096)
def _literal(char: str) -> Chars:
    return Chars(((ord(char), ord(char)),))


class _Parser:
    """Recursive descent over tokens."""

    def __init__(self, pattern: str) -> None:
        self._tokens = list(_tokens(pattern))
        self._kinds = [token.lastgroup for token in self._tokens] + [None]
        self._next = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._kinds[self._next]:
            raise NotRegular(f"unbalanced ) at {self._tokens[self._next].start()}")
        return node

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._kinds[self._next] == "bar":
            self._next += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while (kind := self._kinds[self._next]) not in {None, "bar", "close"}:
            if kind == "run":
                parts += map(_literal, self._tokens[self._next][0])
                self._next += 1
            else:
                parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self) -> Node:
        token = self._tokens[self._next]
        self._next += 1
        match token.lastgroup:
            case "open":
                return self._group(token.start())
            case "set":
                return parse_class(token["inside"])
            case "escape":
                return Chars(_escape_ranges(token[0]))
            case "dot":
                return _ANY
            case "literal":
                return _literal(token[0])
            case _:
                raise NotRegular(f"nothing to repeat at {token.start()}")

    def _group(self, start: int) -> Node:
        node = self._choice()
        if self._kinds[self._next] != "close":
            raise NotRegular(f"unclosed group at {start}")
        self._next += 1
        return node

    def _repeated(self, body: Node) -> Node:
        if self._kinds[self._next] != "repeat":
            return body
        token = self._tokens[self._next]
        self._next += 1
        least, most = _counts(token)
        if token["mode"]:
            raise NotRegular(f"only plain greedy repeats are allowed, at {token.start()}")
        if max(least, most or 0) > MOST_REPEATS or (most is not None and least > most):
            raise NotRegular(f"bad repeat count at {token.start()}")
        return Repeat(body, least, most)


def _tokens(pattern: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise NotRegular(f"not in the regular subset at {at}: {pattern[at : at + 8]!r}")
        yield token
        at = token.end()


def _counts(token: re.Match[str]) -> tuple[int, int | None]:
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if token[0][0] in simple:
        return simple[token[0][0]]
    least = int(token["least"])
    if not token["comma"]:
        return least, least
    return least, int(token["most"]) if token["most"] else None
