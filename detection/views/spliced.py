"""A text in which some stretches are replaced by what they spell; only what stands near them is kept.

A match may need what stands beside a decoded stretch, so some of that is read along with it. The rest
of the text is left out: reading a long text with one escape in it costs little.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate, chain, pairwise

from ..effort import effort

type Spell = Callable[[str], str]
"""What a stretch spells; the stretch itself where it spells nothing."""
type Place = Callable[[str, str, int], tuple[int, int]]
"""Where in a stretch (first) the character of what it spells (second) at an index comes from."""

MARGIN = 512
"""Characters that are kept on either side of a stretch."""
_CUT = "\n\0\n"
"""Stands for what was left out."""
_TOKENS = 3
"""Steps of reading a text part by part are these shifted by so many."""
_DENSE = 20_000
"""Stretches from which on nothing is left out: they stand close enough."""


class Spliced:
    """Kept and replaced parts by turns. See `Reading`.

    Args:
        parts: of the original: kept, replaced, kept, and so on.
        spelled: what is read in their place.
        place: maps back inside of a stretch.
    """

    def __init__(self, parts: list[str], spelled: list[str], place: Place):
        self._parts = parts
        self._spelled = spelled
        self._place = place
        self.text = "".join(spelled)

    @cached_property
    def _at(self) -> list[int]:
        return [0, *accumulate(map(len, self._spelled))]

    @cached_property
    def _from(self) -> list[int]:
        return [0, *accumulate(map(len, self._parts))]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original range; of a stretch the least that spells the characters."""
        return self._placed(start)[0], self._placed(end - 1)[1]

    def touched(self, start: int, end: int) -> bool:
        """Say whether a replaced stretch reaches into the range."""
        first, last = self._part(start), self._part(end - 1)
        return any(
            self._spelled[part] != _CUT and self._spelled[part] != self._parts[part]
            for part in range(first | 1, last + 1, 2)
        )

    def _part(self, index: int) -> int:
        return bisect_right(self._at, index) - 1

    def _placed(self, index: int) -> tuple[int, int]:
        part = self._part(index)
        inside, begin = index - self._at[part], self._from[part]
        if part % 2 == 0 or self._spelled[part] == self._parts[part]:
            return begin + inside, begin + inside + 1
        if self._spelled[part] == _CUT:
            return begin, begin + len(self._parts[part])
        low, high = self._place(self._parts[part], self._spelled[part], inside)
        return begin + low, begin + high


def spliced(
    text: str, stretches: re.Pattern[str] | Sequence[tuple[int, int]], spell: Spell, place: Place
) -> Spliced | None:
    """Read a text with its stretches replaced; None where none spells anything else.

    Args:
        text: the original.
        stretches: what they look like, or where they stand, in order.
        spell: what a stretch spells, asked once for each different one.
        place: see `Place`.
    """
    parts = _matched(text, stretches) if isinstance(stretches, re.Pattern) else _cut(text, stretches)
    if len(parts) == 1:
        return None
    known = _Spelled(spell)
    spelled = parts.copy()
    spelled[1::2] = map(known.__getitem__, parts[1::2])
    effort.left -= len(known) + (len(parts) >> _TOKENS)
    if spelled == parts:
        return None
    if len(parts) < 2 * _DENSE and len(text) > 2 * MARGIN:
        parts, spelled = _near(text, parts, spelled)
    return Spliced(parts, spelled, place)


def _matched(text: str, stretches: re.Pattern[str]) -> list[str]:
    """Return kept parts and stretches by turns."""
    if stretches.groups:
        return _cut(text, [found.span() for found in stretches.finditer(text)])
    # Twice over the text, but all in C: there may be a hundred thousand of them.
    kept = stretches.split(text)
    parts = [""] * (2 * len(kept) - 1)
    parts[::2] = kept
    parts[1::2] = stretches.findall(text)
    return parts


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    edges = [0, *chain.from_iterable(spans), len(text)]
    return [text[low:high] for low, high in pairwise(edges)]


class _Spelled(dict[str, str]):
    """Fills itself."""

    def __init__(self, spell: Spell):
        super().__init__()
        self._spell = spell

    def __missing__(self, stretch: str) -> str:
        self[stretch] = found = self._spell(stretch)
        return found


def _near(text: str, parts: list[str], spelled: list[str]) -> tuple[list[str], list[str]]:
    """Leave out what stands far from all stretches that spell something else."""
    near: list[str] = []
    read: list[str] = []
    position = at = 0
    for part, other in zip(parts, spelled, strict=True):
        if part != other:
            _keep(text[position:at], near, read, head=bool(near), tail=True)
            near.append(part)
            read.append(other)
            position = at + len(part)
        at += len(part)
    _keep(text[position:], near, read, head=True, tail=False)
    return near, read


def _keep(gap: str, near: list[str], read: list[str], *, head: bool, tail: bool) -> None:
    if len(gap) <= 2 * MARGIN:
        near.append(gap)
        read.append(gap)
        return
    before = gap[:MARGIN] if head else ""
    after = gap[-MARGIN:] if tail else ""
    near += (before, gap[len(before) : len(gap) - len(after)], after)
    read += (before, _CUT, after)


def whole(source: str, _spelled: str, _index: int) -> tuple[int, int]:
    """Place every character at its whole stretch."""
    return 0, len(source)


def octets(text: str, index: int) -> tuple[int, int]:
    """Return the range of bytes that spell a character; see `readable`."""
    before = len(text[:index].encode("utf-8", "surrogateescape"))
    return before, before + len(text[index].encode("utf-8", "surrogateescape"))


def readable(data: bytes) -> str:
    """Read bytes as UTF-8; a byte that is none stands as a lone surrogate, so that none is lost."""
    return data.decode("utf-8", "surrogateescape")


_CONTROLS = bytes({*range(32)} - {9, 10, 13}) + b"\x7f"


def is_text(data: bytes, share: float = 0.75) -> bool:
    """Say whether bytes are mostly text in UTF-8: digests, pictures and keys are not."""
    good = data.translate(None, _CONTROLS)
    if not good.isascii():
        good = good.decode("utf-8", "ignore").encode()
    return len(good) >= share * len(data)
