"""All rules of a direction, compiled together: a cheap scan tells which to look at exactly, and where.

A rule with a lead or context words is found by those, any other by its anchor. Rules that are
known by a word stand in one Hyperscan block database; those known by their shape are found by
`shapes`. Only rules that may match are run exactly, and only around what gave them away. Rule style
therefore matters more than rule count: a selective anchor costs nothing on text that lacks it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import hyperscan

from .alarms import LINE_FEED, Alarms, Spans
from .database_cache import Databases, Expression, compile_database
from .effort import LINE, PLACE, SCAN, effort
from .encoded import Encoded
from .fixed import expression_of
from .holdback import HoldBack
from .lines import bounds_of, ends_by_line, starts_by_line
from .lots import Lot
from .mirror import kernel
from .needs import hopeless
from .patterns import CONTEXT, Match, Pattern
from .quotes import minds_quotes
from .regular import parse
from .shapes import Shapes, is_shape
from .views.signs import Signs


class Hits(NamedTuple):
    """What one scan found. A tuple: one is made for every text."""

    anchored: tuple[Pattern, ...]
    """Rules that may match, in the order they were loaded."""
    starts: tuple[Spans, ...]
    """For each of them where to look, see `Pattern.starts`."""
    nearby: tuple[str, ...]
    """Ids of rules whose lead or context words stand in the text."""

    def likely(self) -> list[Pattern]:
        """Return the rules that may match."""
        return list(self.anchored)


class Ruleset:
    """Rules ready to run. Holds no state of a text; not for two threads at once.

    Args:
        patterns: the rules.
        cache: keeps the compiled databases; None compiles them anew.
    """

    def __init__(self, patterns: Iterable[Pattern], cache: Databases | None = None):
        self.patterns = tuple(patterns)
        self._order = {pattern: index for index, pattern in enumerate(self.patterns)}
        compiled = compile_database if cache is None else cache.database
        shapes: list[Pattern] = []
        self._words: list[Pattern] = []
        for pattern in self.patterns:
            (shapes if is_shape(pattern) else self._words).append(pattern)
        self._alarms: Alarms | None = None
        self._alike: tuple[tuple[Pattern, ...], ...] = ()
        if self._words:
            alarms: dict[Expression, list[Pattern]] = {}
            for pattern in self._words:
                alarms.setdefault(expression_of(*pattern.alarm()), []).append(pattern)
            self._alike = tuple(map(tuple, alarms.values()))
            self._alarms = Alarms(compiled([*alarms]), [max(map(_gap, alike)) for alike in self._alike])
        self._hopeless = {pattern: hopeless(pattern) for pattern in self._words}
        self._compiled = compiled
        if cache is not None and self._words:
            # Written now, so that no text waits for it; loaded megabytes hardly any process ever needs.
            cache.prepare(self._kernel_words)
        self._shapes: Shapes | None = None
        if shapes:
            # Rules often share an anchor that says no more than "digits".
            anchors = {expression_of(parse(item.rule.anchor), item.rule.caseless): None for item in shapes}
            self._shapes = Shapes(shapes, compiled([*anchors]))

    apart: frozenset[Lot] = frozenset()
    """Lots of texts that more rules look at than these, see `of`."""

    def of(self, lot: Lot) -> "Ruleset":
        """Return the rules that look at texts of a lot."""
        return self

    @cached_property
    def holdback(self) -> HoldBack:
        """What may still become a match; only growing texts need it."""
        return HoldBack(self.patterns, self._compiled)

    @cached_property
    def joins(self) -> bool:
        """Whether texts may be scanned together: no rule minds a line feed behind it."""
        # A text's end is no neighbour, the line feed behind a joined text is one.
        return not any(
            re.match(f"[{pattern.rule.after}]", "\n") for pattern in self.patterns if pattern.rule.after
        )

    @cached_property
    def minding_quotes(self) -> "Ruleset":
        """Those of the rules that mind how quotation marks look, see `minds_quotes`."""
        return _Part(self, filter(minds_quotes, self.patterns))

    @cached_property
    def signs(self) -> Signs:
        """What shows that a text may read differently through a view."""
        return Signs(self.patterns, self._compiled)

    def hits(self, encoded: Encoded, *, shapeless: bool = False) -> Hits:
        """Scan a text for what gives rules away. Linear; about a microsecond a kilobyte.

        Args:
            encoded: the text.
            shapeless: look for words alone, not for rules that are known by their shape.
        """
        data, widest = encoded.data, encoded.widest
        effort.left -= len(data) >> SCAN
        words = self._alarmed(data)
        if words is None:
            words = self._loud(data + LINE_FEED)
        shapes = None if shapeless else self._shaped(encoded)
        if not words and not shapes:
            return _NOTHING
        found: dict[Pattern, Spans] = dict(shapes or {})
        near = []
        for pattern, spans in words:
            starts = pattern.starts(spans, widest)
            if (tell := self._hopeless[pattern]) is not None and tell(data, starts, widest):
                near.append(pattern)
            else:
                found[pattern] = starts
        return self._in_order(found, near)

    def hits_by_line(self, encoded: Encoded, texts: Sequence[str]) -> dict[int, Hits]:
        """Scan several whole texts at once, each behind a line feed.

        Args:
            encoded: the texts, joined.
            texts: the texts.

        Returns:
            By number of the text the rules that may match as `hits` finds them in it alone, or more; nothing
            for a text without. Offsets are bytes, counted from the line feed of the text. What is nearby is
            not told: whole texts hold nothing back. Not all where the steps are used up.
        """
        data, widest = encoded.data, encoded.widest
        effort.left -= len(data) >> SCAN
        words = self._alarmed(data)
        if words is None:
            if len(texts) > 1:
                return self._hits_in_halves(texts)
            words = self._loud(data + LINE_FEED)
        shapes = self._shaped(encoded)
        if not words and not shapes:
            return _NOWHERE
        bounds = bounds_of(texts, plain=encoded.plain)
        found: dict[int, dict[Pattern, Spans]] = {}
        for pattern, spans in words:
            starts = pattern.starts(spans, widest)
            if (tell := self._hopeless[pattern]) is not None and tell(data, starts, widest):
                continue
            if len(texts) == 1:
                found.setdefault(0, {})[pattern] = starts
                continue
            ends = ends_by_line(spans, bounds)
            effort.left -= len(ends) * PLACE
            if effort.left < 0:
                break
            for line, inside in ends.items():
                found.setdefault(line, {})[pattern] = pattern.starts(inside, widest)
        for pattern, spans in (shapes or {}).items():
            for line, inside in starts_by_line(spans, bounds).items():
                found.setdefault(line, {})[pattern] = inside
        effort.left -= len(found) * LINE
        return {line: self._in_order(found[line], None) for line in sorted(found)}

    def _hits_in_halves(self, texts: Sequence[str]) -> dict[int, Hits]:
        """Scan texts in parts that are full of words together: each rule in each text takes too long."""
        found: dict[int, Hits] = {}
        half = len(texts) // 2
        for begin, some in ((0, texts[:half]), (half, texts[half:])):
            hits = self.hits_by_line(Encoded("\n" + "\n".join(some)), some)
            found.update({begin + line: inside for line, inside in hits.items()})
            if effort.left < 0:
                break
        return found

    def _alarmed(self, data: bytes) -> Sequence[tuple[Pattern, Spans]] | None:
        """Return the rules that a word gives away, and where words end; None for what is full of them."""
        if self._alarms is None:
            return ()
        found = self._alarms.scan(data)
        if not found:
            return None if found is None else ()
        alike = self._alike
        return [(pattern, spans) for index, spans in found.items() for pattern in alike[index]]

    def _shaped(self, encoded: Encoded) -> Mapping[Pattern, Spans] | None:
        """Return the rules that are known by their shape, and where it occurs."""
        return self._shapes.spans(encoded) if self._shapes else None

    @cached_property
    def _kernels(self) -> hyperscan.Database:
        """What every word holds, each reported once: for texts that are full of words."""
        return self._compiled(self._kernel_words)

    @cached_property
    def _kernel_words(self) -> list[Expression]:
        once = int(hyperscan.HS_FLAG_SINGLEMATCH)
        words = [expression_of(kernel(word), any_case) for word, any_case in map(Pattern.word, self._words)]
        return [Expression(word.pattern, word.flags | once) for word in words]

    def _loud(self, data: bytes) -> Sequence[tuple[Pattern, Spans]]:
        """Return the rules whose word occurs; they are to be looked for everywhere."""
        near: list[int] = []
        self._kernels.scan(data, lambda index, *_: near.append(index))
        words = map(self._words.__getitem__, near)
        named = [pattern for pattern in words if effort.left < 0 or pattern.is_named(data)]
        return [(pattern, [0, len(data)]) for pattern in named]

    def _in_order(self, found: dict[Pattern, Spans], near: Iterable[Pattern] | None) -> Hits:
        """Order the rules that may match.

        `near` are others whose words stand in the text; None where nobody asks what is nearby.
        """
        if len(found) == 1:
            anchored, starts = tuple(found), tuple(found.values())
        else:
            anchored = tuple(sorted(found, key=self._order.__getitem__))
            starts = tuple([found[pattern] for pattern in anchored])
        nearby: tuple[str, ...] = ()
        if near is not None:
            words = [item.rule.id for item in (*anchored, *near) if item.rule.lead or item.rule.context]
            nearby = tuple(words)
        return Hits(anchored, starts, nearby)

    def matches(self, encoded: Encoded, base: int, hits: Hits, most: int | None = None) -> list[Match]:
        """Return the exact matches that start at `base` or later, by start, end and rule order.

        With `most`, the first ones of each rule, at most so many.
        """
        found = [
            match
            for pattern, starts in zip(hits.anchored, hits.starts, strict=True)
            for match in islice(pattern.find(encoded, base, starts), most)
        ]
        if len(found) > 1:
            order = {pattern.rule.id: index for index, pattern in enumerate(hits.anchored)}
            found.sort(key=lambda match: (match.start, -match.end, order[match.rule.id]))
        return found


class _Part(Ruleset):
    """Some rules of a set, found with its databases: what others find is left out.

    They are asked for seldom, and databases of their own would be megabytes.
    """

    def __init__(self, whole: Ruleset, patterns: Iterable[Pattern]):
        super().__init__(())
        self.patterns = tuple(patterns)
        self._whole = whole
        self._chosen = frozenset(self.patterns)
        self._order, self._hopeless = whole._order, whole._hopeless  # noqa: SLF001 - of the same class
        self._compiled = whole._compiled  # noqa: SLF001 - of the same class

    def _alarmed(self, data: bytes) -> Sequence[tuple[Pattern, Spans]] | None:
        """Return those of these rules that a word gives away."""
        return self._of_these(self._whole._alarmed(data))  # noqa: SLF001 - of the same class

    def _loud(self, data: bytes) -> Sequence[tuple[Pattern, Spans]]:
        """Return those of these rules whose word occurs."""
        return self._of_these(self._whole._loud(data)) or ()  # noqa: SLF001 - of the same class

    def _of_these(
        self, found: Sequence[tuple[Pattern, Spans]] | None
    ) -> Sequence[tuple[Pattern, Spans]] | None:
        return found and [item for item in found if item[0] in self._chosen]

    def _shaped(self, encoded: Encoded) -> Mapping[Pattern, Spans] | None:
        """Return those of these rules that are known by their shape."""
        found = self._whole._shaped(encoded)  # noqa: SLF001 - of the same class
        return found and {pattern: spans for pattern, spans in found.items() if pattern in self._chosen}


_NOTHING = Hits((), (), ())
_NOWHERE: dict[int, Hits] = {}


def _gap(pattern: Pattern) -> int:
    """Return how far apart two alarms of a rule may lie to be looked at together, in bytes."""
    return CONTEXT if pattern.rule.lead or pattern.rule.context else pattern.reach
