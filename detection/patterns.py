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
from .effort import effort
from .encoded import Encoded, spread
from .folding import either_case
from .regular import Chars, Choice, Node, parse, parse_class, width
from .rules import LONGEST_LEAD, Rule
from .scanners import VALIDATORS

CONTEXT = 64
"""Characters before a match in which its context words or its lead must stand."""
_ASCII = 128
_WAY = 4096
"""Bytes in which a candidate is sought at a time where it is sought loosely."""
_WIDE = 128
"""Characters a match of such a rule takes; rules of shorter ones count little."""
_TRIES = 32
"""Places in a stretch that are looked at one by one."""
_MOST_TOLD = 1024
"""Ends of leads that are remembered before those are forgotten that no later lead has."""


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
        self.before: Chars | None = parse_class(rule.before) if rule.before else None
        self.long = width(self.node)[1] is None
        self.reach = rule.max_length + 1
        """Characters of a match and its neighbour."""
        self._after = f"[{rule.after}]" if rule.after else ""
        self._validator = validator or (VALIDATORS[rule.validator] if rule.validator else None)
        self.validated = self._validator is not None
        """Whether what matched is judged by more than its form."""

    @property
    def node(self) -> Node:
        """The parse tree of what is looked for; made anew when it has been forgotten."""
        return parse(self.rule.pattern)

    # Expressions are compiled when they are first needed: most rules never see their anchor.
    @cached_property
    def _body(self) -> Automaton:
        return Automaton(self._cased(closure.forward(self.node)))

    @cached_property
    def _search(self) -> Automaton:
        return Automaton(closure.other_than(self.before) + self._cased(closure.forward(self.node)))

    @cached_property
    def _loose(self) -> Automaton:
        """Where a match may begin, behind its neighbour."""
        neighbour = closure.other_than(self.before)
        return Automaton(neighbour + self._cased(closure.loosely(self.node)), first=True)

    @cached_property
    def _loose_body(self) -> Automaton:
        return Automaton(self._cased(closure.loosely(self.node)), first=True)

    @cached_property
    def _lead(self) -> Automaton:
        return Automaton(self._cased(closure.forward(parse(self.rule.lead))))

    @cached_property
    def _prefixes(self) -> Automaton:
        return Automaton(self._cased(closure.prefixes(self.node)))

    @cached_property
    def _context(self) -> Automaton:
        return Automaton(either_case(self.rule.context))

    @cached_property
    def backwards(self) -> Automaton:
        """What `holdback` looks for at the end of a text read backwards, compiled for this rule alone."""
        return Automaton(self.reversed_prefixes())

    def compile(self) -> None:
        """Compile now what a whole text needs first."""
        if self.rule.lead:
            _ = self._lead, self._body
        else:
            _ = (self._loose, self._body) if self.long else self._search

    def try_validator(self) -> None:
        """Have the validator load now what it otherwise loads with its first text."""
        for example in self.rule.examples[:1]:
            if self._validator is not None:
                self._validator(example)

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
        back, ahead = (widest, CONTEXT * widest) if self.rule.context else (self.reach * widest, 0)
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
        data, context = encoded.data, self.rule.context
        reach = self.reach * encoded.widest
        position = encoded.byte(base - 1)
        for first, last in pairs(starts):
            position = max(position, first)
            while position <= last and (found := self._next(data, position, last, reach)) is not None:
                left = encoded.after(found[0])
                if context and not self.in_context(encoded, left):
                    ahead = self._context_ahead(encoded, left)
                    if ahead is None:
                        return
                    position = max(left, ahead)
                elif (match := self._accept(encoded, left, found[1])) is None:
                    position = left
                else:
                    yield match
                    position = encoded.byte(match.end - 1)
            position = max(position, last + 1)

    def _context_ahead(self, encoded: Encoded, left: int) -> int | None:
        """Return where the next context word begins that may precede a start behind `left`; None for none."""
        found = self._context.search(encoded.data, encoded.back(left, CONTEXT))
        return found[0] if found else None

    def _next(self, data: bytes, position: int, last: int, reach: int) -> Span | None:
        """Return the next candidate that starts at `last` or before.

        Where bodies are long or the way is, it is first sought where one may begin, in windows: a candidate
        that is none must not have cost the whole rest of the text.
        """
        if effort.left < 0:
            return None
        if not self.long and (self.reach < _WIDE or last - position < _WAY):
            found = self._search.search(data, position, last + reach)
            return found if found is not None and found[0] <= last else None
        while position <= last and effort.left >= 0:
            end = min(position + max(reach, _WAY), last)
            for _ in range(_TRIES):
                found = self._loose.search(data, position, end + reach)
                if found is None or found[0] > end:
                    break
                left = found[0] + spread(data[found[0]])
                body = self._body.match(data, left, left + reach)
                if body is not None:
                    return found[0], body[1]
                position = left
            else:
                found = self._search.search(data, position, end + reach)
                if found is not None and found[0] <= end:
                    return found
            position = end + 1
        return None

    def _find_behind_lead(self, encoded: Encoded, base: int, ends: Spans) -> Iterator[Match]:
        data, reach = encoded.data, self.reach * encoded.widest
        # A look ahead: of many leads that nothing follows the exact body would take its time to say so.
        loose = self._loose_body if self.reach >= _WIDE and ends and ends[-1] - ends[0] >= _WAY else None
        begin = encoded.byte(base)
        for left, longer in self._lead_ends(encoded, base, ends):
            if left < begin or (loose is not None and loose.match(data, left, left + reach) is None):
                continue
            found = self._body.match(data, left, left + reach)
            match = self._accept(encoded, left, found[1]) if found else None
            if match is not None and self.in_context(encoded, left):
                end = encoded.byte(match.end)
                if longer is not None and (longer <= end or longer <= encoded.after(end)):
                    continue
                yield match
                begin = end

    def _lead_ends(self, encoded: Encoded, base: int, ends: Spans) -> Iterator[tuple[int, int | None]]:
        """Yield where leads end, and where the same lead ends that is longer, if one is.

        A longer lead counts as soon as it is there, so a shorter one counts for what is decided before.
        """
        data = encoded.data
        position = encoded.byte(max(0, base - CONTEXT))
        beyond = LONGEST_LEAD * encoded.widest if self.rule.anchor else 0
        # Leads that begin one behind the other end at the same places: each place is told once.
        told: set[tuple[int, int | None]] = set()
        for first, last in pairs(ends):
            position = max(position, first - CONTEXT * encoded.widest)
            while (
                effort.left >= 0
                and (found := self._lead.search(data, position, last + beyond))
                and found[0] <= last
            ):
                start, end = found
                if len(told) >= _MOST_TOLD:
                    told = {place for place in told if place[0] > start}
                for place in self._places(data, start, end):
                    if place not in told:
                        told.add(place)
                        yield place
                position = encoded.after(start)

    @cached_property
    def _shortest(self) -> int:
        """Bytes that a body and its neighbour take at least, and one more."""
        return width(self.node)[0] + 2

    def _places(self, data: bytes, start: int, end: int) -> list[tuple[int, int | None]]:
        """Return where a lead ends and where it may end before, rising, each with the end behind it."""
        places: list[tuple[int, int | None]] = [(end, None)]
        if self._lead.match(data, start, end - self._shortest) is None:
            return places
        while (found := self._lead.match(data, start, places[-1][0] - 1)) is not None:
            places.append((found[1], places[-1][0]))
        places.reverse()
        return places

    def _accept(self, encoded: Encoded, left: int, right: int) -> Match | None:
        """Judge a body between two byte offsets. Only what matches is told in characters: they cost more."""
        data, longest = encoded.data, self.rule.max_length
        value = data[left:right].decode()
        if len(value) > longest:
            within = self._body.match(data, left, left + len(value[:longest].encode()))
            if within is None:
                return None
            right = within[1]
            value = data[left:right].decode()
        # A body cut at its cap goes on behind it: its neighbour says nothing.
        capped = self.long and len(value) == longest
        if self._after and not capped and right < len(data) and self._is_after(encoded, right):
            return None
        if self._validator is not None and not self._validator(value):
            return None
        start = encoded.char(left)
        effort.found()
        return Match(self.rule, start, start + len(value))

    def _is_after(self, encoded: Encoded, right: int) -> bool:
        """Say whether a character stands at a byte offset that must not touch a match."""
        code = encoded.data[right]
        if code < _ASCII:
            return code in self._after_codes
        return re.match(self._after, encoded.data[right : encoded.after(right)].decode()) is not None

    @cached_property
    def _after_codes(self) -> frozenset[int]:
        return frozenset(code for code in range(_ASCII) if re.match(self._after, chr(code)))

    def in_context(self, encoded: Encoded, left: int) -> bool:
        """Say whether a context word stands before byte offset `left`; True when none is asked for."""
        if not self.rule.context:
            return True
        return self._context.search(encoded.data, encoded.back(left, CONTEXT), left) is not None

    def live_behind_lead(self, encoded: Encoded, base: int) -> int | None:
        """Return the first start, behind a lead, from which the text's end may still become a match."""
        total = len(encoded.text)
        ends = [0, len(encoded.data)]
        for left, longer in self._lead_ends(encoded, max(base, total - self.rule.max_length), ends):
            if longer is not None:
                continue
            start = encoded.char(left)
            capped = self.long and total - start >= self.rule.max_length
            if base <= start < total and not capped and self._prefixes.fullmatch(encoded.data, left):
                return start
        return None
