"""All rules of a direction, compiled together: one cheap scan tells which rules to look at exactly.

Every rule's anchor, lead and context words stand in one Hyperscan block database. A scan reports
which of them occur at all; only rules whose anchor does are run exactly. Rule style therefore
matters more than rule count: a selective anchor costs nothing on text that lacks it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import hyperscan

from . import closure
from .database_cache import DatabaseCache, Expression, compile_database
from .encoded import Encoded
from .holdback import HoldBack
from .patterns import Match, Pattern
from .regular import parse


@dataclass(frozen=True, slots=True)
class Hits:
    """What one scan of the anchors found."""

    anchored: tuple[Pattern, ...]
    """Rules that may match, in the order they were loaded."""
    nearby: tuple[str, ...]
    """Ids of rules whose lead or context words stand in the text."""

    def likely(self) -> list[Pattern]:
        """Return the anchored rules without those whose context words stand nowhere."""
        return [item for item in self.anchored if not item.rule.context or item.rule.id in self.nearby]


class Ruleset:
    """Rules ready to run. Holds no state of a text; not for two threads at once.

    Args:
        patterns: the rules.
        cache: keeps the compiled database; None compiles it anew.
    """

    def __init__(self, patterns: Iterable[Pattern], cache: DatabaseCache | None = None):
        self.patterns = tuple(patterns)
        self._order = {pattern.rule.id: index for index, pattern in enumerate(self.patterns)}
        self._entries = [entry for pattern in self.patterns for entry in _entries(pattern)]
        expressions = [entry.expression for entry in self._entries]
        compiled = compile_database if cache is None else cache.database
        self._database = compiled(expressions) if expressions else None
        self._seen: set[int] = set()

    @cached_property
    def holdback(self) -> HoldBack:
        """What may still become a match; only growing texts need it."""
        return HoldBack(self.patterns)

    def hits(self, encoded: Encoded) -> Hits:
        """Scan a text for anchors, leads and context words. Linear; about a microsecond a kilobyte."""
        if self._database is None:
            return _NOTHING
        seen = self._seen
        seen.clear()
        self._database.scan(encoded.data, match_event_handler=self._on_hit)
        if not seen:
            return _NOTHING
        anchored: list[Pattern] = []
        nearby: list[str] = []
        for index in sorted(seen):
            entry = self._entries[index]
            if entry.is_anchor:
                anchored.append(entry.pattern)
            else:
                nearby.append(entry.pattern.rule.id)
        return Hits(tuple(anchored), tuple(nearby))

    def _on_hit(self, index: int, start: int, end: int, flags: int, context: object) -> None:
        self._seen.add(index)

    def matches(self, encoded: Encoded, base: int, hits: Hits) -> list[Match]:
        """Return the exact matches that start at `base` or later, by start, end and rule order."""
        found = [match for pattern in hits.likely() for match in pattern.find(encoded, base)]
        if len(found) > 1:
            found.sort(key=lambda match: (match.start, -match.end, self._order[match.rule.id]))
        return found


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: Pattern
    expression: Expression
    is_anchor: bool


_NOTHING = Hits((), ())


def _entries(pattern: Pattern) -> list[_Entry]:
    rule = pattern.rule
    entries = [_entry(pattern, rule.anchor, is_anchor=True, caseless=rule.caseless)]
    if rule.context:
        words = "|".join(re.escape(word) for word in rule.context)
        entries.append(_entry(pattern, words, is_anchor=False, caseless=True))
    elif rule.lead:
        lead = closure.forward(parse(rule.lead))
        entries.append(_entry(pattern, lead, is_anchor=False, caseless=rule.caseless))
    return entries


def _entry(pattern: Pattern, expression: str, *, is_anchor: bool, caseless: bool) -> _Entry:
    flags = int(hyperscan.HS_FLAG_SINGLEMATCH)
    if caseless:
        flags |= hyperscan.HS_FLAG_CASELESS
    if not expression.isascii() or "\\x{" in expression:
        # Without UCP: with it, a caseless literal at the very end of the data can be missed.
        flags |= hyperscan.HS_FLAG_UTF8
    return _Entry(pattern, Expression(expression.encode(), flags), is_anchor)
