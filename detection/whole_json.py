"""A whole JSON text of which is known where something may stand: only that is judged.

`JsonChannel` does the same for a text that grows or that is no JSON, and comes to the same.
"""

from typing import NamedTuple

from .effort import effort
from .json_channel import JsonString, OpenLeaf
from .leaves import DOCUMENT, KEY, NUMBER, Leaf, must_open
from .pieces import Piece
from .text_channel import Fed


class Spelled(NamedTuple):
    """What is known of a JSON text: what it spells, and which of its lines may hold something."""

    leaves: tuple[Leaf, ...]
    doubtful: frozenset[str]


class WholeJson:
    """Judges what may hold something, in order.

    Args:
        open_leaf: opens the channel of a string, number or key.
        known: what is known of the text.
        pointer: where it stands.
        depth: how many levels of JSON text are around it.
    """

    def __init__(self, open_leaf: OpenLeaf, known: Spelled, pointer: str, depth: int = 0):
        self._open_leaf = open_leaf
        self._known = known
        self._pointer = pointer
        self._depth = depth

    def feed(self, text: str, final: bool = True) -> Fed:
        """Take the text; `final` is true, for it is whole."""
        out: list[Piece] = []
        position = 0
        leaves, doubtful = self._known
        for leaf in leaves:
            if not must_open(leaf, doubtful):
                continue
            if effort.left < 0:
                break
            fed = self._judged(leaf, text)
            out += [Piece(leaf.start - position), *fed.pieces]
            position = leaf.end
            if fed.blocked:
                return Fed(out, blocked=True)
        else:
            return Fed([*out, Piece(len(text) - position)])
        # The channel of what is left says that it was not judged.
        rest = self._open_leaf(self._pointer, "", True).feed(text[position:], final=final)
        return Fed(out + rest.pieces, rest.blocked)

    def _judged(self, leaf: Leaf, text: str) -> Fed:
        if leaf.kind is NUMBER:
            return self._open_leaf(leaf.pointer, leaf.name, False).feed(text[leaf.start : leaf.end], True)
        inner = None
        if leaf.kind is DOCUMENT:
            known = Spelled(leaf.inner, self._known.doubtful)
            inner = WholeJson(self._open_leaf, known, leaf.pointer, self._depth + 1)
        is_key = leaf.kind is KEY
        string = JsonString(
            self._open_leaf, leaf.pointer, leaf.name, self._depth, is_key=is_key, channel=inner
        )
        _, fed, _ = string.take(text, leaf.start)
        if fed.blocked:
            return fed
        *pieces, _closing_quote = fed.pieces
        return Fed(pieces)
