"""Scanning a growing text: which matches are decided, and where the undecided end begins.

The law: whatever the cuts, the decided matches of a text are those of the whole text. A match is
decided once no continuation can change it; until then its characters are held. Every reading of
the text (plain, Unicode view) is a lane of its own with its own context, because characters that
a view drops would otherwise push real context out of the window.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

from .crowd import MOST_FINDINGS, most_matches
from .effort import TOO_DEAR, effort
from .encoded import Encoded
from .origins import Origins
from .patterns import CONTEXT
from .rules import Rule
from .ruleset import Hits, Ruleset
from .views import runs
from .views.nest import OVERLONG, nested
from .views.reading import View
from .views.unicode import odd_ones, unicode_view

WINDOW = 2 * CONTEXT + 32
"""Decided characters a lane keeps: a lead and the context words before it fit."""

PLAIN = "plain"
"""Name of the reading that is the text itself."""

_MOST_MATCHES = most_matches(MOST_FINDINGS, spares=True)
_FEW_RUNS = 4
_TIMES_IN_RUNS = 16
"""Readings of runs that are read together come to as much as those of each: its length so many times."""
_APART = "\n" + "\0" * CONTEXT + "\n"
"""Keeps runs that are read together out of each other's context."""

WIDEST = 16_384
"""Original characters one match may cover. Characters that a view drops could stretch it without end."""


class Hit(NamedTuple):
    """A decided match. Offsets count characters of the original text from its beginning."""

    rule: Rule
    start: int
    end: int
    view: str
    value: str
    """The matched text as the view reads it."""

    def __repr__(self) -> str:
        """Tell all but the value."""
        return f"Hit({self.rule.id}, {self.start}, {self.end}, {self.view})"


class Look(NamedTuple):
    """What a text looks like with some more characters, before anything is committed.

    `decided`: original offset where the undecided end begins. `hits` start before it, in order.
    A tuple: every piece of a stream makes one.
    """

    decided: int
    hits: tuple[Hit, ...]
    unjudged: str = ""
    """Why a part was not judged; empty when all was."""
    crowded: tuple[Rule, ...] = ()
    """Rules that may have more matches than these."""

    def too_dear(self) -> "Look":
        """Return the same of a text that was not looked at to its end."""
        return self._replace(unjudged=TOO_DEAR)


class _Lane(NamedTuple):
    """One reading of the text: context already decided, then the undecided tail from `base` on."""

    name: str
    text: str
    base: int
    origins: Origins | None


class TextScan:
    """A growing text under one ruleset.

    Args:
        ruleset: the compiled rules.
        context: text to imagine before the beginning (a field's name); never reported.
        whole: nothing leaves before the end, so nothing is looked at before it.
        most: matches of one rule that a look returns; it tells of which rules there may be more.
        ends: says of a rule whether more matches of it stop all: a whole text is read no further then.
    """

    __slots__ = (
        "_base",
        "_ends",
        "_most",
        "_overlong",
        "_ruleset",
        "_run",
        "_start",
        "_text",
        "_view",
        "_whole",
    )

    def __init__(
        self,
        ruleset: Ruleset,
        context: str = "",
        *,
        whole: bool = False,
        most: int = _MOST_MATCHES,
        ends: Callable[[Rule], bool] | None = None,
    ):
        self._ruleset = ruleset
        self._ends = ends
        self._most = most
        self._whole = whole
        self._text = "\n" + context
        self._base = self._run = len(self._text)
        self._overlong = False
        self._view: _Lane | None = None
        self._start = 0

    @property
    def start(self) -> int:
        """Offset of the first character that is not committed."""
        return self._start

    @property
    def tail(self) -> str:
        """The characters that are not committed."""
        return self._text[self._base :]

    def look(self, more: str, final: bool) -> Look:
        """Judge the tail with `more` behind it. Changes nothing."""
        if self._whole and not final:
            return Look(self._start, ())
        if effort.left < 0:
            return Look(self._start + len(self._text) + len(more) - self._base, (), TOO_DEAR)
        look = self._look_at_whole(self._text + more) if self._whole else self._look(more, final)
        return look if effort.left >= 0 else look.too_dear()

    def _look_at_whole(self, text: str) -> Look:
        encoded = Encoded(text)
        found = self._ruleset.hits(encoded)
        hits = self._hits(_Lane(PLAIN, text, self._base, None), encoded, found) if found.anchored else _NONE
        crowded = self._crowded(hits)
        if self._ends is not None and any(map(self._ends, crowded)):
            return Look(len(text) - self._base, _narrow(hits), "", crowded)
        views = self._ruleset.signs.of(encoded)
        read = Read(hits)
        if views:
            read = read_through(self._ruleset, text, self._base, views, hits, complete=not crowded)
        odd_ones.cache_clear()  # no text is kept longer than it is looked at
        return Look(len(text) - self._base, _narrow(read.hits), read.unjudged, self._crowded(read.hits))

    def _look(self, more: str, final: bool) -> Look:
        text = self._text + more
        end = self._start + len(text) - self._base
        encoded = Encoded(text)
        found = self._ruleset.hits(encoded)
        decided, hits = end, _NONE
        if not final:
            first = self._ruleset.holdback.start(encoded, self._base, found.nearby)
            decided = self._start + first - self._base
        if found.anchored:
            hits = self._hits(_Lane(PLAIN, text, self._base, None), encoded, found)
        if self._view is not None or not encoded.plain:
            view = self._extended_view(more)
            if view is not None:
                view_decided, view_hits = self._look_at(view, end, final)
                decided = min(decided, view_decided)
                hits = _merged(hits, view_hits)
        over, first = self._open_run(text, final)
        decided = min(decided, self._start + first - self._base)
        if runs.may_hold(text, self._run):
            seen, unjudged = self._runs(text, first)
            hits, over = _merged(hits, seen), over or unjudged
        decided = max(decided, end - WIDEST)
        crowded: tuple[Rule, ...] = ()
        if hits:
            hits = [hit for hit in hits if hit.start < decided]
            # what is not decided yet may still come to nothing
            crowded = self._crowded(hits)
            hits = [hit for hit in hits if hit.end - hit.start <= WIDEST]
        return Look(decided, tuple(hits), over, crowded)

    def _crowded(self, hits: list[Hit]) -> tuple[Rule, ...]:
        """Return the rules that were not heard out."""
        if len(hits) < self._most:
            return ()
        counts = Counter([hit.rule.id for hit in hits])
        rules = {hit.rule.id: hit.rule for hit in hits}
        return tuple([rules[name] for name, count in counts.items() if count >= self._most])

    def _open_run(self, text: str, final: bool) -> tuple[str, int]:
        """Return whether the run at a text's end is too long, and what is decided before it."""
        if final:
            return "", len(text)
        begin = runs.open_run(text, self._run)
        if self._overlong and begin == self._run:
            return "", len(text)
        if len(text) - begin <= runs.LONGEST:
            return "", begin
        head = Encoded(text[begin : begin + runs.LONGEST])
        return OVERLONG if self._views_of(head) else "", len(text)

    def _views_of(self, run: Encoded) -> tuple[View, ...]:
        return tuple([view for view in self._ruleset.signs.of_growing(run) if view in runs.VIEWS])

    def _runs(self, text: str, decided: int) -> tuple[list[Hit], str]:
        """Return what the runs that ended hold when they are decoded, and why one was not judged."""
        hits: list[Hit] = []
        unjudged = ""
        if not self._views_of(Encoded(text[self._run : decided])):
            return hits, unjudged
        ended = [
            (start, end)
            for start, end in runs.runs(text, self._run)
            if end <= decided and not (self._overlong and start == self._run)
        ]
        for start, end in ended:
            if end - start > runs.LONGEST and self._views_of(Encoded(text[start : start + runs.LONGEST])):
                unjudged = OVERLONG
        heard = Counter[str]()
        for start, end in self._doubtful(text, [run for run in ended if run[1] - run[0] <= runs.LONGEST]):
            inside, more = self._run_hits(text, start, end)
            hits += inside
            unjudged = unjudged or more
            heard.update([hit.rule.id for hit in inside])
            if effort.left < 0:
                break
            if inside and max(heard.values()) >= self._most:
                break  # a bound on findings lies before
        return hits, unjudged

    def _doubtful(self, text: str, ended: list[tuple[int, int]]) -> Iterable[tuple[int, int]]:
        """Return the runs that must be decoded by themselves: many are first read together."""
        if len(ended) < _FEW_RUNS or not self._ruleset.joins:
            return ended
        each = [text[start:end] for start, end in ended]
        different = [*dict.fromkeys(each)]
        joined = _APART.join(different)
        found = nested(self._ruleset, joined, self._views_of(Encoded(joined)), _TIMES_IN_RUNS)
        if found.unjudged:
            return ended if effort.left >= 0 else ()
        at = [0, *accumulate([len(run) + len(_APART) for run in different])]
        loud = {bisect_right(at, place) - 1 for seen in found.seen for place in (seen.start, seen.end - 1)}
        doubtful = {different[index] for index in loud if index < len(different)}
        return [span for span, run in zip(ended, each, strict=True) if run in doubtful] if doubtful else ()

    def _run_hits(self, text: str, start: int, end: int) -> tuple[list[Hit], str]:
        run = text[start:end]
        shift = self._start - self._base + start
        found = nested(self._ruleset, run, self._views_of(Encoded(run)))
        hits = [
            Hit(rule, first + shift, last + shift, view, value)
            for rule, first, last, view, value in found.seen
            if start + first >= self._base
        ]
        return hits, found.unjudged

    def commit(self, more: str, upto: int) -> None:
        """Append `more` and declare everything before offset `upto` decided and dealt with."""
        if self._whole:
            self._text += more
            self._base += upto - self._start
            self._start = upto
            return
        if self._view is not None or not more.isascii():
            view = self._extended_view(more)
            if view is not None and view.origins is not None:
                self._view = _advanced(view, view.origins.first(upto, len(view.text)))
        text = self._text + more
        cut = self._base + upto - self._start
        run = self._run_at(text, cut)
        drop = max(0, run - WINDOW)
        self._text = text[drop:]
        self._base, self._run = cut - drop, run - drop
        self._start = upto

    def passing(self, more: str) -> int:
        """Look, and commit what is decided, where nothing stands; -1 where something does.

        As `look` and `commit`, but a frame of plain words waits for this: nothing is found out twice.
        """
        text, base, low = self._text + more, self._base, self._run
        encoded = Encoded(text)
        if self._whole or self._overlong or not encoded.plain or self._view or len(text) > runs.LONGEST:
            return self._passing(more)
        found = self._ruleset.hits(encoded)
        begin = runs.open_run(text, low)
        if found.anchored or begin < base or effort.left < 0 or runs.may_hold(text, low):
            return self._passing(more)
        cut = self._ruleset.holdback.start(encoded, base, found.nearby)
        if cut < begin:
            run = self._run_at(text, cut)
        else:  # what is before a run stands in none
            cut = run = begin
        drop = run - WINDOW if run > WINDOW else 0
        self._text, self._base, self._run = text[drop:], cut - drop, run - drop
        self._start += cut - base
        return cut - base

    def _passing(self, more: str) -> int:
        look = self.look(more, final=False)
        if look.hits or look.unjudged:
            return -1
        count = look.decided - self._start
        self.commit(more, look.decided)
        return count

    def _run_at(self, text: str, cut: int) -> int:
        """Return where the run begins that a cut stands in, and remember whether it is too long."""
        begin, end = runs.around(text, self._run, cut)
        inside = begin < cut and (cut < end or end == len(text))
        self._overlong = inside and ((self._overlong and begin == self._run) or end - begin > runs.LONGEST)
        return begin if inside and not self._overlong else cut

    def _extended_view(self, more: str) -> _Lane | None:
        """Return the view lane with `more`; the view begins once it would differ from the text."""
        lane = self._view
        if lane is not None and lane.origins is not None:
            if not more:
                return lane
            text, origins = unicode_view(more, self._start + len(self.tail))
            both = lane.origins.then(len(lane.text), origins)
            return _Lane(lane.name, lane.text + text, lane.base, both)
        plain = self._text + more
        text, origins = unicode_view(plain, self._start - self._base)
        if text == plain:
            return None
        return _Lane("unicode", text, origins.first(self._start, len(text)), origins)

    def _look_at(self, lane: _Lane, end: int, final: bool) -> tuple[int, list[Hit]]:
        encoded = Encoded(lane.text)
        hits = self._ruleset.hits(encoded)
        first = len(lane.text)
        if not final:
            first = self._ruleset.holdback.start(encoded, lane.base, hits.nearby)
        found = self._hits(lane, encoded, hits) if hits.anchored else _NONE
        decided = self._origin(lane, first) if first < len(lane.text) else end
        return decided, found

    def _hits(self, lane: _Lane, encoded: Encoded, hits: Hits) -> list[Hit]:
        return [
            Hit(
                match.rule,
                self._origin(lane, match.start),
                self._origin(lane, match.end - 1) + 1,
                lane.name,
                lane.text[match.start : match.end],
            )
            for match in self._ruleset.matches(encoded, lane.base, hits, self._most)
        ]

    def _origin(self, lane: _Lane, index: int) -> int:
        if lane.origins is None:
            return self._start + index - lane.base
        return lane.origins[index]


_NONE: list[Hit] = []


def _narrow(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple([hit for hit in hits if hit.end - hit.start <= WIDEST])


class Read(NamedTuple):
    """What a whole text holds in all its readings, in order, and why a part was not judged."""

    hits: list[Hit]
    unjudged: str = ""


def read_through(
    ruleset: Ruleset,
    text: str,
    base: int,
    views: tuple[View, ...],
    plain: list[Hit],
    *,
    complete: bool = True,
) -> Read:
    """Add what a whole text holds in some views to what it holds as it stands.

    Args:
        ruleset: the rules.
        text: the text behind a line feed and, maybe, an imagined context.
        base: where it begins; offsets of matches count from there.
        views: which show signs in it.
        plain: the matches of the text as it stands.
        complete: those are all.
    """
    read = nested(ruleset, text, views, matched=len(plain) if complete and base == 1 else None)
    seen = [
        Hit(rule, start - base, end - base, view, value)
        for rule, start, end, view, value in read.seen
        if start >= base
    ]
    return Read(_merged(plain, seen), read.unjudged)


def _advanced(lane: _Lane, cut: int) -> _Lane:
    drop = max(0, cut - WINDOW)
    origins = None if lane.origins is None or not drop else lane.origins.since(drop)
    return _Lane(lane.name, lane.text[drop:], cut - drop, origins or lane.origins)


def _merged(plain: list[Hit], view: list[Hit]) -> list[Hit]:
    """Add what a view shows to what is known, in order."""
    extra = _new(plain, view) if plain else view
    return sorted(plain + extra, key=lambda hit: (hit.start, -hit.end)) if extra else plain


def _new(plain: list[Hit], view: list[Hit]) -> list[Hit]:
    known = {(hit.rule.id, hit.start, hit.end) for hit in plain}
    return [hit for hit in view if (hit.rule.id, hit.start, hit.end) not in known]
