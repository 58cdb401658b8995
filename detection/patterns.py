"""One rule, compiled: its exact matches in a text, and its live starts at the end of one.

Matching is leftmost-longest by RE2, so it is linear. The language of a rule is: a character that
is not of `before` (or the `lead`), the body within `max_length` characters, a character that is
not of `after` (or the end), accepted by context words and validator. A body without a bound is cut
at `max_length`, whatever follows. After a match the search
goes on behind it, after a rejected candidate one character further.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import re2

from . import closure
from .encoded import Encoded
from .regular import Chars, parse, parse_class, width
from .rules import Rule
from .scanners import VALIDATORS

CONTEXT = 64
"""Characters before a match in which its context words or its lead must stand."""

_WIDEST = 4
"""Bytes of the widest character in UTF-8."""


@dataclass(frozen=True, slots=True)
class Match:
    """A match of a rule in the half-open range ``[start, end)`` of characters."""

    rule: Rule
    start: int
    end: int


def compile_re2(pattern: str, *, memory: int = 8 << 20) -> Any:
    """Compile for leftmost-longest matching over UTF-8 bytes."""
    options = re2.Options()
    options.longest_match = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = memory
    return re2.compile(pattern.encode(), options)


class Pattern:
    """A rule ready to run."""

    def __init__(self, rule: Rule):
        self.rule = rule
        self.node = parse(rule.pattern)
        self.before: Chars | None = parse_class(rule.before) if rule.before else None
        self.long = width(self.node)[1] is None
        self._reach = _WIDEST * (rule.max_length + 1)
        self._after = re.compile(f"[{rule.after}]") if rule.after else None
        words = "|".join(re.escape(word) for word in rule.context)
        self._context = re.compile(words, re.IGNORECASE) if words else None
        self._validator = VALIDATORS[rule.validator] if rule.validator else None

    # Expressions are compiled when they are first needed: most rules never see their anchor.
    @cached_property
    def _body(self) -> Any:
        return compile_re2(self._cased(closure.forward(self.node)))

    @cached_property
    def _search(self) -> Any:
        return compile_re2(closure.other_than(self.before) + self._cased(closure.forward(self.node)))

    @cached_property
    def _lead(self) -> Any:
        return compile_re2(self._cased(closure.forward(parse(self.rule.lead))))

    @cached_property
    def _prefixes(self) -> Any:
        return compile_re2(self._cased(closure.prefixes(self.node)))

    @cached_property
    def backwards(self) -> Any:
        """What `holdback` looks for at the end of a text read backwards, compiled for this rule alone."""
        return compile_re2(self.reversed_prefixes())

    def compile(self) -> None:
        """Compile now what a scan of a text would compile when it first needs it."""
        _ = self._body, (self._lead, self._prefixes) if self.rule.lead else self._search

    def _cased(self, pattern: str) -> str:
        return f"(?i:{pattern})" if self.rule.caseless else f"(?:{pattern})"

    def reversed_prefixes(self) -> str:
        """Write what `holdback` looks for at the end of a text: prefixes, then the neighbour."""
        return self._cased(closure.reversed_prefixes(self.node)) + closure.other_than(self.before)

    def find(self, encoded: Encoded, base: int) -> Iterator[Match]:
        """Yield the matches that start at `base` or later; ``base >= 1``, so that each has a neighbour."""
        if self.rule.lead:
            return self._find_behind_lead(encoded, base)
        return self._find(encoded, base)

    def _find(self, encoded: Encoded, base: int) -> Iterator[Match]:
        position = encoded.byte(base - 1)
        while (found := self._next(encoded.data, position)) is not None:
            left = encoded.after(found.start())
            start = encoded.char(left)
            if not self.in_context(encoded.text, start):
                ahead = self._context_ahead(encoded.text, start)
                if ahead is None:
                    return
                position = max(left, encoded.byte(ahead - 1))
            elif (match := self._accept(encoded, left, found.end())) is None:
                position = left
            else:
                yield match
                position = encoded.byte(match.end - 1)

    def _context_ahead(self, text: str, start: int) -> int | None:
        """Return the first offset behind `start` that a context word precedes; None when there is none."""
        found = self._context.search(text, max(0, start - CONTEXT)) if self._context else None
        return found.end() if found else None

    def _next(self, data: bytes, position: int) -> Any:
        """Return the next candidate.

        A body without bound is sought in windows that overlap by its cap: a candidate that is
        rejected must not have cost the whole rest of the text.
        """
        if not self.long:
            return self._search.search(data, position)
        while position < len(data):
            found = self._search.search(data, position, position + 2 * self._reach)
            if found is not None and found.start() <= position + self._reach:
                return found
            position += self._reach
        return None

    def _find_behind_lead(self, encoded: Encoded, base: int) -> Iterator[Match]:
        for left in self._lead_ends(encoded, base):
            found = self._body.match(encoded.data, left, left + self._reach)
            match = self._accept(encoded, left, found.end()) if found else None
            if match is not None and match.start >= base and self.in_context(encoded.text, match.start):
                yield match
                base = match.end

    def _lead_ends(self, encoded: Encoded, base: int) -> Iterator[int]:
        position = encoded.byte(max(0, base - CONTEXT))
        while (found := self._lead.search(encoded.data, position)) is not None:
            yield found.end()
            position = encoded.after(found.start())

    def _accept(self, encoded: Encoded, left: int, right: int) -> Match | None:
        start, end = encoded.char(left), encoded.char(right)
        limit = start + self.rule.max_length
        if end > limit:
            within = self._body.match(encoded.data, left, encoded.byte(limit))
            if within is None:
                return None
            end = encoded.char(within.end())
        text = encoded.text
        # A body cut at its cap goes on behind it: its neighbour says nothing.
        capped = self.long and end == limit
        if self._after and not capped and end < len(text) and self._after.match(text, end):
            return None
        if not self._valid(text[start:end]):
            return None
        return Match(self.rule, start, end)

    def in_context(self, text: str, start: int) -> bool:
        """Say whether one of the context words stands before `start`; True when none is asked for."""
        if self._context is None:
            return True
        return self._context.search(text, max(0, start - CONTEXT), start) is not None

    def _valid(self, value: str) -> bool:
        return self._validator is None or self._validator(value)

    def live_behind_lead(self, encoded: Encoded, base: int) -> int | None:
        """Return the first start, behind a lead, from which the text's end may still become a match."""
        total = len(encoded.text)
        for left in self._lead_ends(encoded, max(base, total - self.rule.max_length)):
            start = encoded.char(left)
            capped = self.long and total - start >= self.rule.max_length
            if base <= start < total and not capped and self._prefixes.fullmatch(encoded.data, left):
                return start
        return None
