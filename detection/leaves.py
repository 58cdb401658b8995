"""The texts that a JSON text in a string is judged by, read at once, and where they are spelled.

`JsonChannel` reads any text character by character; this reads what is valid JSON whole. It answers for
every text that the channel would open - strings, keys and long numbers, each behind the name it stands
under - or not at all.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .errors import BadInput
from .json_channel import DEEPEST, LONGEST_SCALAR, NESTING, SHORTEST_SCALAR, name_in_pointer
from .json_read import read
from .name_context import context
from .pointer import step

MOST = 50_000
"""Texts in one: beyond, its channel says that there are too many."""
_STRING_OR_NUMBER = re.compile(r'"((?:[^"\\]++|\\.)*+)"|(-?\d[-+.\deE]*+)', re.DOTALL)
_SPACE = " \t\r\n"

_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""


class Leaf(NamedTuple):
    """A key, a string or a number of a JSON text. A tuple: there may be thousands.

    `line` is the text as it is scanned, behind the name it stands under; `start` and `end` are where it is
    spelled, the quotes left out; `kind` is `KEY`, `STRING`, `NUMBER`, `DOCUMENT` or `BROKEN`.
    """

    line: str
    start: int
    end: int
    base: str
    step: str | int | None
    name: str
    kind: str
    inner: "tuple[Leaf, ...]"
    """What a string holds that is a JSON text again."""

    @property
    def pointer(self) -> str:
        """Where it stands; a key where its object does."""
        return _pointer(self.base, self.step)


KEY, STRING, NUMBER = "key", "string", "number"
DOCUMENT, BROKEN = "document", "broken"
"""A string that is a JSON text again, and one that only begins like one."""


def leaves(
    text: str, pointer: str, name: str = "", depth: int = 0, room: int = NESTING
) -> tuple[Leaf, ...] | None:
    """Return the texts that are judged in a JSON text, in order; None where only its channel can say.

    Args:
        text: the JSON text.
        pointer: where it stands.
        name: field name it stands under.
        depth: how many levels of JSON text are around this one.
        room: how many levels of arrays and objects are read.
    """
    try:
        tree = read(text.encode())
        reader = _Reader(text, depth)
        reader.value(tree, pointer + "#", None, name, room)
    except (BadInput, UnicodeEncodeError, _Doubt):
        return None
    return tuple(reader.found)


def lines_of(found: Iterable[Leaf]) -> Iterator[str]:
    """Yield what is scanned of leaves. What is broken is not: its channel has yet to read it."""
    for leaf in found:
        if leaf.kind is DOCUMENT:
            yield from lines_of(leaf.inner)
        elif leaf.kind is not BROKEN:
            yield leaf.line


def must_open(leaf: Leaf, doubtful: frozenset[str]) -> bool:
    """Say whether a leaf must be judged, where `doubtful` are the lines in which something may stand."""
    if leaf.kind is DOCUMENT:
        return any(must_open(one, doubtful) for one in leaf.inner)
    return leaf.kind is BROKEN or leaf.line in doubtful


class _Doubt(Exception):
    """The channel would read something else than the tree says."""


class _Reader:
    """Walks through a tree and through its spelling side by side: no key in it is repeated."""

    def __init__(self, text: str, depth: int):
        self.found: list[Leaf] = []
        self._spelled = _STRING_OR_NUMBER.finditer(text).__next__
        self._depth = depth

    def value(self, value: Any, base: str, step_to: str | int | None, name: str, room: int) -> None:
        """Read a value that may hold so many levels of others. Raises `_Doubt`."""
        kind = type(value)
        if kind is str:
            self._string(value, base, step_to, name, room)
        elif kind is dict or kind is list:
            if not room or len(self.found) + len(value) > MOST:
                raise _Doubt
            pointer = _pointer(base, step_to)
            if kind is dict:
                self._members(value, pointer, room - 1)
            else:
                for index, item in enumerate(value):
                    self.value(item, pointer, index, "", room - 1)
        elif kind is not bool and value is not None:
            self._number(base, step_to, name)

    def _members(self, members: dict[str, Any], base: str, room: int) -> None:
        found, spelled = self.found.append, self._spelled
        for key, item in members.items():
            start, end = spelled().span(1)
            if key:
                found(_tuple(Leaf, (key, start, end, base, None, "", KEY, ())))
            self.value(item, base, key, key, room)

    def _string(self, value: str, base: str, step_to: str | int | None, name: str, room: int) -> None:
        start, end = self._spelled().span(1)
        line = context(name) + value if name else value
        kind, inner = STRING, None
        if self._depth < DEEPEST and value.lstrip(_SPACE)[:1] in ("{", "["):
            inner = leaves(value, _pointer(base, step_to), name, self._depth + 1, room)
            kind = BROKEN if inner is None else DOCUMENT
        self.found.append(_tuple(Leaf, (line, start, end, base, step_to, name, kind, inner or ())))

    def _number(self, base: str, step_to: str | int | None, name: str) -> None:
        number = self._spelled()
        spelled = number[2]
        if len(spelled) > LONGEST_SCALAR:
            raise _Doubt
        if len(spelled) >= SHORTEST_SCALAR:
            start, end = number.span(2)
            self.found.append(Leaf(context(name) + spelled, start, end, base, step_to, name, NUMBER, ()))


def _pointer(base: str, step_to: str | int | None) -> str:
    if step_to is None:
        return base
    return step(base, name_in_pointer(step_to) if isinstance(step_to, str) else step_to)
