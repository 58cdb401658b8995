"""Which texts came from a tool and nobody had said before, so that it is noticed where they go next.

What a tool returns is remembered in blocks of `BLOCK` characters that follow one another, after white space
and letter case are evened out, and by its telling words: those that hold a digit, an ``@`` or a ``_`` and are
no date and no short number. Every stretch of a text that is about to leave is compared with the blocks, the
way of rsync. So a copied stretch of twice `BLOCK` characters is always seen, a shorter one where a block
happens to lie in it, a telling word always. What the conversation had said before the tool did is not
remembered. A rewording, a translation or an encoding is not seen.

Only hashes are kept, keyed anew in every process; the oldest go first beyond `MOST`.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

BLOCK = 20
"""Characters of a block."""
MOST = 65_536
"""Blocks and words that are kept, of tools and of the conversation each: a megabyte of text."""
LONGEST = 1 << 20
"""Characters of one text that are looked at."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[\w@.+/=:\-]{8,256}")
_TELLING = re.compile(r"[0-9@_]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:t[0-9:.+\-]*z?)?|[0-9.:\-]{8,11}")
_ENDS = ".:-/="


class Leak(NamedTuple):
    """A stretch of a text that came from elsewhere: characters of the evened-out text, and whose it was."""

    source: str
    start: int
    end: int


class Taint:
    """Remembers what tools said. One a session; not safe for several threads at once."""

    def __init__(self) -> None:
        self._from: OrderedDict[int, str] = OrderedDict()
        self._said: OrderedDict[int, None] = OrderedDict()
        self.forgotten = 0
        """Hashes that had to go."""

    def say(self, text: str) -> None:
        """Note what the conversation says itself: a user, a system prompt, a model."""
        even = _evened(text)
        for start in range(len(even) - BLOCK + 1):
            self._keep(self._said, hash(even[start : start + BLOCK]), None)
        for word, _ in _telling(even):
            self._keep(self._said, hash(word), None)

    def learn(self, text: str, source: str) -> None:
        """Note what a tool returned, under the name of where it came from; the first source stands."""
        even = _evened(text)
        blocks = (even[start : start + BLOCK] for start in range(0, len(even) - BLOCK + 1, BLOCK))
        for piece in (*blocks, *(word for word, _ in _telling(even))):
            known = hash(piece)
            if known not in self._said and known not in self._from:
                self._keep(self._from, known, source)

    def leaks(self, text: str, destination: str) -> list[Leak]:
        """Return what of a text came from elsewhere than where it goes; stretches that touch are one."""
        even = _evened(text)
        found = [
            (self._from.get(hash(even[start : start + BLOCK])), start, start + BLOCK)
            for start in range(len(even) - BLOCK + 1)
        ]
        found += [(self._from.get(hash(word)), start, start + len(word)) for word, start in _telling(even)]
        leaks: list[Leak] = []
        for source, start, end in sorted(found, key=lambda item: item[1:]):
            if source is None or source == destination:
                continue
            if leaks and leaks[-1].source == source and start <= leaks[-1].end:
                leaks[-1] = leaks[-1]._replace(end=max(end, leaks[-1].end))
            else:
                leaks.append(Leak(source, start, end))
        return leaks

    def _keep[Value](self, kept: OrderedDict[int, Value], known: int, value: Value) -> None:
        if known not in kept and len(kept) >= MOST:
            kept.popitem(last=False)
            self.forgotten += 1
        kept[known] = value


def _evened(text: str) -> str:
    return _SPACE.sub(" ", text[:LONGEST]).casefold().strip()


def _telling(even: str) -> Iterator[tuple[str, int]]:
    """Yield the telling words of an evened-out text, and where they begin."""
    for match in _WORD.finditer(even):
        word = match[0].strip(_ENDS)
        if len(word) >= 8 and _TELLING.search(word) and not _DATE.fullmatch(word):
            yield word, match.start() + len(match[0]) - len(match[0].lstrip(_ENDS))
