"""Finding the rules that no fixed word gives away: numbers, addresses in hexadecimal, codes.

Their anchors say hardly more than "digits", so a table or a log is full of them. Two steps keep
that cheap: a small database finds the stretches of a text that look like numbers at all, and one
RE2 expression, the union of all these rules between their neighbours, searches those stretches in
a single pass however many rules there are. Where it stops, a set of the same expressions names the
rules that match there. Where stretches are dense the rest of the text is searched as one.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import batched
from typing import Any

import hyperscan
import re2

from .alarms import Spans, pairs
from .automaton import Automaton, options_of
from .effort import effort
from .encoded import Encoded
from .fixed import WORD, fixed
from .patterns import Pattern
from .regular import parse

_TOGETHER = 64
"""Rules in one union: RE2 bounds the size of an expression."""
_FEW = 4
_APART = 512
"""Stretches are looked at one by one while anchors are at most `_FEW` or one every `_APART` bytes."""
_LINE_FEED = b"\n"
"""Stands for the end of a text: an anchor may take the character behind a match with it."""
_MEMORY = 16 << 20


def is_shape(pattern: Pattern) -> bool:
    """Say whether a rule is found by its shape: its anchor holds no fixed word, however short."""
    rule = pattern.rule
    return not (rule.lead or rule.context or pattern.long or fixed(parse(rule.anchor)) >= WORD)


class Shapes:
    """Finds where rules known by their shape may match. Not for two threads at once.

    Args:
        patterns: the rules.
        database: their anchors.
    """

    def __init__(self, patterns: Sequence[Pattern], database: hyperscan.Database):
        self._groups = [_Group(together) for together in batched(patterns, _TOGETHER)]
        self._widest = max(pattern.rule.max_length for pattern in patterns) + 2
        self._scan = database.scan
        self._left = 0
        self._ends: list[int] = []
        ends = self._ends

        # A closure and not a method: it runs for every occurrence.
        def on_hit(_index: int, _start: int, end: int, _flags: int, _context: object) -> bool | None:
            ends.append(end)
            return len(ends) > self._left or None

        self._on_hit = on_hit

    def spans(self, encoded: Encoded) -> dict[Pattern, Spans]:
        """Return, for each rule that matches between its neighbours, the offsets where it does so.

        An offset is that of the character before the match.
        """
        stretches = self._stretches(encoded.data, self._widest * encoded.widest)
        if not stretches:
            return _NOWHERE
        found: dict[Pattern, Spans] = {}
        for group in self._groups:
            for low, high in pairs(stretches):
                for pattern, offset in group.search(encoded, low, high):
                    found.setdefault(pattern, []).extend((offset, offset))
        return found

    def _stretches(self, data: bytes, reach: int) -> Spans:
        ends = self._ends
        if ends:
            ends.clear()
        self._left = max(_FEW, len(data) // _APART)
        try:
            self._scan(data + _LINE_FEED, self._on_hit)
        except hyperscan.ScanTerminated:
            return [max(0, min(ends) - reach), len(data)]
        if not ends:
            return ends
        stretches: Spans = []
        for end in sorted(ends):
            low, high = max(0, end - reach), end + reach
            if stretches and low <= stretches[-1]:
                stretches[-1] = high
            else:
                stretches += (low, high)
        return stretches


_NOWHERE: dict[Pattern, Spans] = {}


class _Group:
    """As many rules as fit into one expression."""

    def __init__(self, patterns: Sequence[Pattern]):
        self._patterns = patterns
        self._reach = max(pattern.rule.max_length for pattern in patterns) + 2

    @cached_property
    def _union(self) -> Automaton:
        return Automaton("|".join(f"(?:{item.surrounded()})" for item in self._patterns), memory=_MEMORY)

    @cached_property
    def _set(self) -> Any:
        every = re2.Set.MatchSet(options_of(_MEMORY))
        for pattern in self._patterns:
            every.Add(pattern.surrounded().encode())
        every.Compile()
        return every

    def search(self, encoded: Encoded, low: int, high: int) -> Iterator[tuple[Pattern, int]]:
        """Yield the rules that match in a stretch and where."""
        data, reach = encoded.data, self._reach * encoded.widest
        while effort.left >= 0 and (found := self._union.search(data, low, high)) is not None:
            start = found[0]
            for index in self._set.Match(data[start : start + reach]) or ():
                yield self._patterns[index], start
            low = encoded.after(start)
