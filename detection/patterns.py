"""One rule, compiled: its exact matches in a text, and its live starts at the end of one.

Matching is leftmost-longest by RE2, so it is linear. The language of a rule is: a character that
is not of `before` (or the `lead`), the body within `max_length` characters, a character that is
not of `after` (or the end), accepted by context words and validator. A body without a bound is cut
at `max_length`, whatever follows. After a match the search
goes on behind it, after a rejected candidate one character further.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from . import closure
from .alarms import Spans, pairs
from .automaton import Automaton, Span
from .encoded import Encoded
from .regular import Chars, Choice, Node, parse, parse_class, width
from .rules import LONGEST_LEAD, Rule
from .scanners import VALIDATORS

CONTEXT = 64
"""Characters before a match in which its context words or its lead must stand."""


class Match(NamedTuple):
    """A match of a rule in the half-open range ``[start, end)`` of characters. A tuple: many are made."""

    rule: Rule
    start: int
    end: int


class Pattern:
    """A rule ready to run.

    Args:
        rule: what is looked for.
        validator: judges what matched, in place of the one that the rule names.
    """

    def __init__(self, rule: Rule, validator: Callable[[str], bool] | None = None):
        self.rule = rule
        self.node = parse(rule.pattern)
        self.before: Chars | None = parse_class(rule.before) if rule.before else None
        self.long = width(self.node)[1] is None
        self.reach = rule.max_length + 1
        """Characters of a match and its neighbour."""
        self._after = re.compile(f"[{rule.after}]") if rule.after else None
        words = "|".join(re.escape(word) for word in rule.context)
        self._context = re.compile(words, re.IGNORECASE) if words else None
        self._validator = validator or (VALIDATORS[rule.validator] if rule.validator else None)

    # Expressions are compiled when they are first needed: most rules never see their anchor.
    @cached_property
    def _body(self) -> Automaton:
        return Automaton(self._cased(closure.forward(self.node)))

    @cached_property
    def _search(self) -> Automaton:
        return Automaton(closure.other_than(self.before) + self._cased(closure.forward(self.node)))

    @cached_property
    def _lead(self) -> Automaton:
        return Automaton(self._cased(closure.forward(parse(self.rule.lead))))

    @cached_property
    def _prefixes(self) -> Automaton:
        return Automaton(self._cased(closure.prefixes(self.node)))

    @cached_property
    def backwards(self) -> Automaton:
        """What `holdback` looks for at the end of a text read backwards, compiled for this rule alone."""
        return Automaton(self.reversed_prefixes())

    def compile(self) -> None:
        """Compile now what a whole text needs first."""
        _ = (self._lead, self._body) if self.rule.lead else self._search

    def try_validator(self) -> None:
        """Have the validator load now what it otherwise loads with its first text."""
        for example in self.rule.examples[:1]:
            self._valid(example)

    def alarm(self) -> tuple[Node, bool]:
        """Return what of `word` is looked for in every text: of a lead its anchor, where it names one."""
        rule = self.rule
        return (parse(rule.anchor), rule.caseless) if rule.lead and rule.anchor else self.word()

    def word(self) -> tuple[Node, bool]:
        """Return what gives the rule away (lead, context words or anchor), and whether in any case."""
        rule = self.rule
        if rule.context and not rule.lead:
            return Choice(tuple(parse(re.escape(word)) for word in rule.context)), True
        return parse(rule.lead or rule.anchor), rule.caseless

    @cached_property
    def _word(self) -> Automaton:
        node, any_case = self.word()
        return Automaton(f"(?i:{closure.forward(node)})" if any_case else closure.forward(node))

    def is_named(self, data: bytes) -> bool:
        """Say whether what gives the rule away occurs; see `word`."""
        return self._word.search(data, 0) is not None

    def _cased(self, pattern: str) -> str:
        return f"(?i:{pattern})" if self.rule.caseless else f"(?:{pattern})"

    def reversed_prefixes(self, node: Node | None = None) -> str:
        """Write what `holdback` looks for at the end of a text: prefixes, then the neighbour.

        Of the whole body unless `node`, a beginning of it, is given.
        """
        return self._cased(closure.reversed_prefixes(node or self.node)) + closure.other_than(self.before)

    def surrounded(self) -> str:
        """Write what a match looks like between its neighbours."""
        after = f"(?:{closure.other_than(parse_class(self.rule.after))}|\\z)" if self.rule.after else ""
        return closure.other_than(self.before) + self._cased(closure.forward(self.node)) + after

    def starts(self, spans: Spans, widest: int) -> Spans:
        """Return where to look when anchor, lead or context words end in these spans.

        Offsets are those of the character before a match; of a lead those of its end, or of its anchor's.
        """
        if self.rule.lead:
            return spans
        back, ahead = (widest, CONTEXT * widest) if self._context else (self.reach * widest, 0)
        return [offset + ahead if index % 2 else offset - back for index, offset in enumerate(spans)]

    def find(self, encoded: Encoded, base: int, starts: Spans | None = None) -> Iterator[Match]:
        """Yield the matches that start at `base` or later; ``base >= 1``, so that each has a neighbour.

        Args:
            encoded: the text.
            base: where matches may start.
            starts: where to look, see `starts`; everywhere unless given.
        """
        if starts is None:
            starts = [0, len(encoded.data)]
        if self.rule.lead:
            return self._find_behind_lead(encoded, base, starts)
        return self._find(encoded, base, starts)

    def _find(self, encoded: Encoded, base: int, starts: Spans) -> Iterator[Match]:
        position = encoded.byte(base - 1)
        for first, last in pairs(starts):
            position = max(position, first)
            for match in self._find_between(encoded, position, last):
                yield match
                position = encoded.byte(match.end - 1)

    def _find_between(self, encoded: Encoded, position: int, last: int) -> Iterator[Match]:
        reach = self.reach * encoded.widest
        while (found := self._next(encoded.data, position, last, reach)) is not None:
            left = encoded.after(found[0])
            start = encoded.char(left)
            if not self.in_context(encoded.text, start):
                ahead = self._context_ahead(encoded.text, start)
                if ahead is None:
                    return
                position = max(left, encoded.byte(ahead - 1))
            elif (match := self._accept(encoded, left, found[1])) is None:
                position = left
            else:
                yield match
                position = encoded.byte(match.end - 1)

    def _context_ahead(self, text: str, start: int) -> int | None:
        """Return the first offset behind `start` that a context word precedes; None when there is none."""
        found = self._context.search(text, max(0, start - CONTEXT)) if self._context else None
        return found.end() if found else None

    def _next(self, data: bytes, position: int, last: int, reach: int) -> Span | None:
        """Return the next candidate that starts at `last` or before.

        A body without bound is sought in windows that overlap by its cap: a candidate that is
        rejected must not have cost the whole rest of the text.
        """
        step = reach if self.long else last - position
        while position <= last:
            found = self._search.search(data, position, position + step + reach)
            if found is not None and found[0] <= position + step:
                return found if found[0] <= last else None
            position += step + 1
        return None

    def _find_behind_lead(self, encoded: Encoded, base: int, ends: Spans) -> Iterator[Match]:
        for left in self._lead_ends(encoded, base, ends):
            found = self._body.match(encoded.data, left, left + self.reach * encoded.widest)
            match = self._accept(encoded, left, found[1]) if found else None
            if match is not None and match.start >= base and self.in_context(encoded.text, match.start):
                yield match
                base = match.end

    def _lead_ends(self, encoded: Encoded, base: int, ends: Spans) -> Iterator[int]:
        position = encoded.byte(max(0, base - CONTEXT))
        beyond = LONGEST_LEAD * encoded.widest if self.rule.anchor else 0
        for first, last in pairs(ends):
            position = max(position, first - CONTEXT * encoded.widest)
            while (found := self._lead.search(encoded.data, position, last + beyond)) and found[0] <= last:
                yield found[1]
                position = encoded.after(found[0])

    def _accept(self, encoded: Encoded, left: int, right: int) -> Match | None:
        start, end = encoded.char(left), encoded.char(right)
        limit = start + self.rule.max_length
        if end > limit:
            within = self._body.match(encoded.data, left, encoded.byte(limit))
            if within is None:
                return None
            end = encoded.char(within[1])
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
        ends = [0, len(encoded.data)]
        for left in self._lead_ends(encoded, max(base, total - self.rule.max_length), ends):
            start = encoded.char(left)
            capped = self.long and total - start >= self.rule.max_length
            if base <= start < total and not capped and self._prefixes.fullmatch(encoded.data, left):
                return start
        return None
