"""One Hyperscan scan over a text: which expressions occur, and about where.

Hyperscan reports where an occurrence ends and nothing else, which is cheap. Ends that lie close
together are kept as one span, so that a text made of nothing but occurrences costs no memory. A report
costs more than reading a hundred bytes, so a text that is full of them is given up.
"""

from collections.abc import Iterator, Sequence

import hyperscan

from .effort import effort

LINE_FEED = b"\n"
"""Stands for the end of a text: an expression may take the character behind a match with it."""
_MANY = 256
_EVERY = 64
_EVERY_OF_ALL = 16
"""Occurrences up to which a text is heard out: `_MANY`, or one for so many bytes of it; more where they are
of many expressions, for to look for all those everywhere takes longer. No sum of both: a long text and twice
that text are read in the same way."""
_FEW = 48
"""Expressions that are looked for everywhere rather than heard out."""

type Spans = list[int]
"""Flat pairs ``low, high, low, high, ...`` of byte offsets, rising; both are included."""


def pairs(spans: Spans) -> Iterator[tuple[int, int]]:
    """Yield the spans one by one."""
    return zip(spans[::2], spans[1::2], strict=True)


class Alarms:
    """Scans texts with one database. Not for two threads at once.

    Args:
        database: expressions numbered from 0.
        gaps: for each of them how many bytes apart two ends may lie to share a span.
    """

    def __init__(self, database: hyperscan.Database, gaps: Sequence[int]):
        self._scan = database.scan
        self._found: dict[int, Spans] = {}
        self._left = self._more = 0
        found = self._found

        # A closure and not a method: it runs for every occurrence.
        def on_hit(index: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            self._left -= 1
            spans = found.get(index)
            if spans is None:
                found[index] = [end, end]
            elif end > spans[-1]:
                if end - spans[-1] <= gaps[index]:
                    spans[-1] = end
                else:
                    spans += (end, end)
            elif end < spans[-2]:  # the engine promises no order
                spans[-2] = end
            return self._left < 0 and self._is_full()

        self._on_hit = on_hit

    def scan(self, data: bytes) -> dict[int, Spans] | None:
        """Return the spans of ends by number of the expression; None for a text that is full of them.

        Valid until the next scan.
        """
        if self._found:
            self._found.clear()
        self._left = max(_MANY, len(data) // _EVERY)
        most = max(_MANY, len(data) // _EVERY_OF_ALL)
        self._more = most - self._left
        try:
            self._scan(data + LINE_FEED, self._on_hit)
        except hyperscan.ScanTerminated:
            return None
        finally:
            if self._found:
                effort.left -= most - self._left - self._more
        return self._found

    def _is_full(self) -> bool:
        """Say whether to give a text up; the first time, one with many expressions is heard on."""
        if len(self._found) <= _FEW:
            return True
        self._left, self._more = self._more, 0
        return self._left <= 0
