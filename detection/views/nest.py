"""Reading a text through every view that shows signs, and what it reads through the next, within bounds.

The work of one text is bounded by what its readings come to together. What is left out then is told.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ..effort import SCAN, Share, effort
from ..encoded import Encoded
from ..patterns import CONTEXT, Match
from ..quotes import CURLY
from ..rules import Rule
from ..ruleset import Hits, Ruleset
from .base64_text import BASE64, overlong
from .folded import FOLDED
from .reading import Reading, View
from .turned_words import telling
from .unicode import odd_ones

DEPTH = 3
"""Views one inside the other."""
_LEAST = 64 * 1024
_TIMES = 4
"""Readings of a text come to at most this many times its length, or to `_LEAST` characters."""

_LOCAL = 4
"""What comes to less than this part of a text was read near few places."""

MOST = 5000
"""Matches in readings of one text."""
_MOST_LOOKED_AT = 4 * MOST
"""Matches in one reading that are looked at: most may stand where nothing was read differently."""

_MOST_MATCHED = 1000
"""Matches in a text, and in what it reads as, up to which none of the bounds above comes into play."""

OVERLONG = "encoded run over size"
MANY = "too many readings"


class Seen(NamedTuple):
    """A match in a reading: where it is in the original, in which view, and what it reads."""

    rule: Rule
    start: int
    end: int
    view: str
    value: str


class Nested(NamedTuple):
    """What readings of a text hold, and why not all of it was judged: empty when it was."""

    seen: tuple[Seen, ...]
    unjudged: str = ""


class _Level(NamedTuple):
    """A text that is read, and how it came from the original."""

    text: str
    name: str
    readings: tuple[Reading, ...]
    guess: bool
    lossy: bool
    proves: bool
    settled: bool = False
    work: int = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        for reading in reversed(self.readings):
            start, end = reading.span(start, end)
        return start, end


NOTHING = Nested(())


def nested(
    ruleset: Ruleset,
    text: str,
    views: tuple[View, ...] | None = None,
    times: int = _TIMES,
    matched: int | None = None,
) -> Nested:
    """Return what a whole text holds in other readings than its own.

    Args:
        ruleset: the rules.
        text: the text; its beginning is a beginning.
        views: which show signs in it, where that is known.
        times: how many times its length its readings may come to.
        matched: how many matches the text holds as it stands, where it follows its line feed at once and
            nobody asks for the same matches again.
    """
    if views is None:
        views = ruleset.signs.of(Encoded(text))
    if not views:
        return NOTHING
    if matched is not None and matched < _MOST_MATCHED and all(view.settles for view in views):
        straightened = _straightened(ruleset, text)
        if straightened is not None:
            return straightened
    with Share(times * len(text) // _TIMES):
        return _nested(ruleset, text, views, times)


def _nested(ruleset: Ruleset, text: str, views: tuple[View, ...], times: int) -> Nested:
    left = max(_LEAST, times * len(text))
    unjudged = OVERLONG if BASE64 in views and overlong(text) else ""
    found: dict[tuple[str, int, int], Seen] = {}
    levels = [(_whole(text), views)]
    known = {Encoded("\n" + text).text}
    for depth in range(1, DEPTH + 1):
        inner: list[tuple[_Level, tuple[View, ...]]] = []
        for level, signs in levels:
            for read in _through(level, signs):
                encoded = Encoded("\n" + read.text)
                if encoded.text in known:
                    continue
                known.add(encoded.text)
                left -= read.work
                effort.left -= read.work - len(read.text) >> SCAN
                if left < 0:
                    return Nested(tuple(found.values()), MANY)
                for looked_at, seen in enumerate(_seen(ruleset, read, encoded)):
                    if seen is not None:
                        found.setdefault((seen.rule.id, seen.start, seen.end), seen)
                    if len(found) > MOST or looked_at > _MOST_LOOKED_AT:
                        return Nested(tuple(found.values()), MANY)
                if effort.left < 0:
                    return Nested(tuple(found.values()), MANY)
                more = ruleset.signs.of(encoded) if depth < DEPTH and not read.lossy else ()
                if more:
                    # Surrogates, which no reading needs, are slow to write and to read.
                    inner.append((read._replace(text=encoded.text[1:]), more))
        levels = inner
    return Nested(tuple(found.values()), unjudged)


def _straightened(ruleset: Ruleset, text: str) -> Nested | None:
    """Return what is new in a text with its curly quotation marks made straight; None for too much.

    Most rules take both marks for the same, and find what they find in the text as it stands.
    """
    if not odd_ones(text) <= CURLY.keys():
        return None
    found: dict[tuple[str, int, int], Seen] = {}
    for read in _through(_whole(text), (FOLDED,)):
        encoded = Encoded("\n" + read.text)
        if ruleset.signs.straightened_shows(encoded):
            return None
        for looked_at, seen in enumerate(_seen(ruleset.minding_quotes, read, encoded)):
            if looked_at > _MOST_MATCHED:
                return None
            if seen is not None:
                found.setdefault((seen.rule.id, seen.start, seen.end), seen)
    return Nested(tuple(found.values()))


def _whole(text: str) -> _Level:
    """Return a text that nothing was done to."""
    return _Level(text, "", (), guess=False, lossy=False, proves=False)


def _through(level: _Level, views: tuple[View, ...]) -> Iterator[_Level]:
    for view in views:
        reading = None if level.settled and view.settles else view.read(level.text)
        if reading is not None:
            name = f"{level.name}>{view.name}" if level.name else view.name
            guess = level.guess or view.guess
            come = len(reading.text)
            work = come + view.toil * min(len(level.text), _LOCAL * come)
            readings = (*level.readings, reading)
            yield _Level(reading.text, name, readings, guess, view.lossy, view.proves, view.settles, work)


def _seen(ruleset: Ruleset, level: _Level, encoded: Encoded) -> Iterator[Seen | None]:
    """Yield what is believed of the matches in a reading, and None for each that is not."""
    hits = ruleset.hits(encoded, shapeless=level.guess and not level.proves)
    if level.lossy or (level.guess and not level.proves):
        hits = _believed(hits, level)
    last = level.readings[-1]
    for rule, behind, after in _each_match(encoded, hits):
        start, end = behind - 1, after - 1
        believed = not level.guess or telling(rule) or (level.proves and last.touched(start, end))
        if believed and last.touched(max(0, start - CONTEXT), end):
            yield Seen(rule, *level.span(start, end), level.name, level.text[start:end])
        else:
            yield None


def _each_match(encoded: Encoded, hits: Hits) -> Iterator[Match]:
    """Yield the matches rule by rule, each looked for when it is asked for."""
    for pattern, starts in zip(hits.anchored, hits.starts, strict=True):
        yield from pattern.find(encoded, 1, starts)


def _believed(hits: Hits, level: _Level) -> Hits:
    """Leave out rules that a reading is not believed about: of values, or without a word of their own."""
    guess = level.guess and not level.proves
    kept = [
        item
        for item in zip(hits.anchored, hits.starts, strict=True)
        if not (level.lossy and item[0].rule.label) and (not guess or telling(item[0].rule))
    ]
    return Hits(tuple([item[0] for item in kept]), tuple([item[1] for item in kept]), ())
