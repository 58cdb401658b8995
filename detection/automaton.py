"""RE2 as the house uses it: leftmost-longest over UTF-8 bytes, answers as plain spans.

The engine is called below the wrapper that imitates `re`: that one makes a generator and a match
object for every answer and costs three times what the match does.
"""

import re2
from re2 import _re2

from .effort import MATCH, PAST, SEARCH, effort

type Span = tuple[int, int]
"""Half-open range of bytes."""

_UNANCHORED = _re2.RE2.Anchor.UNANCHORED
_ANCHOR_START = _re2.RE2.Anchor.ANCHOR_START
_ANCHOR_BOTH = _re2.RE2.Anchor.ANCHOR_BOTH
_EVERYTHING = 1 << 62


def options_of(memory: int) -> re2.Options:
    """Return the engine's options for leftmost-longest matching within so many bytes of memory."""
    options = re2.Options()
    options.longest_match = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = memory
    return options


class Automaton:
    """One compiled expression. Linear time; its states are built as texts ask for them.

    Args:
        pattern: in RE2's syntax.
        memory: bytes that expression and states may take.
        first: matches are leftmost-first, as lazy repeats need it.

    Raises:
        re2.error: the engine does not take the pattern.
    """

    __slots__ = ("_match",)

    def __init__(self, pattern: str, memory: int = 8 << 20, *, first: bool = False):
        options = options_of(memory)
        options.longest_match = not first
        compiled = _re2.RE2(pattern.encode(), options)
        if not compiled.ok():
            raise re2.error(compiled.error())
        self._match = compiled.Match

    # Each asks the engine by itself: they run for every candidate.
    def search(self, data: bytes, position: int, end: int = _EVERYTHING) -> Span | None:
        """Return the leftmost-longest match between two offsets."""
        if position > (end := min(end, len(data))):
            return None
        span: Span = self._match(_UNANCHORED, data, position, end)[0]
        if span[0] < 0:
            effort.left -= SEARCH + (end - position >> PAST)
            return None
        effort.left -= SEARCH + (span[1] - position >> PAST)
        return span

    def match(self, data: bytes, position: int, end: int = _EVERYTHING) -> Span | None:
        """Return the longest match that begins at `position`."""
        if position > (end := min(end, len(data))):
            return None
        effort.left -= MATCH
        span: Span = self._match(_ANCHOR_START, data, position, end)[0]
        return span if span[0] >= 0 else None

    def fullmatch(self, data: bytes, position: int) -> Span | None:
        """Return the match of everything from `position` on."""
        if position > len(data):
            return None
        span: Span = self._match(_ANCHOR_BOTH, data, position, len(data))[0]
        return span if span[0] >= 0 else None
