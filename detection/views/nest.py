"""Reading a text through every view that shows signs, and what it reads through the next, within bounds.

The work of one text is bounded by what its readings come to together. What is left out then is told.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ..encoded import Encoded
from ..patterns import CONTEXT, Match
from ..rules import Rule
from ..ruleset import Hits, Ruleset
from .base64_text import BASE64, overlong
from .reading import Reading, View
from .turned_words import telling

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


def nested(ruleset: Ruleset, text: str, views: tuple[View, ...] | None = None, times: int = _TIMES) -> Nested:
    """Return what a whole text holds in other readings than its own.

    Args:
        ruleset: the rules.
        text: the text; its beginning is a beginning.
        views: which show signs in it, where that is known.
        times: how many times its length its readings may come to.
    """
    if views is None:
        views = ruleset.signs.of(Encoded(text))
    if not views:
        return NOTHING
    left = max(_LEAST, times * len(text))
    unjudged = OVERLONG if BASE64 in views and overlong(text) else ""
    found: dict[tuple[str, int, int], Seen] = {}
    levels = [(_Level(text, "", (), guess=False, lossy=False, proves=False), views)]
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
                if left < 0:
                    return Nested(tuple(found.values()), MANY)
                for looked_at, seen in enumerate(_seen(ruleset, read, encoded)):
                    if seen is not None:
                        found.setdefault((seen.rule.id, seen.start, seen.end), seen)
                    if len(found) > MOST or looked_at > _MOST_LOOKED_AT:
                        return Nested(tuple(found.values()), MANY)
                more = ruleset.signs.of(encoded) if depth < DEPTH and not read.lossy else ()
                if more:
                    # Surrogates, which no reading needs, are slow to write and to read.
                    inner.append((read._replace(text=encoded.text[1:]), more))
        levels = inner
    return Nested(tuple(found.values()), unjudged)


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
