"""Texts joined to be scanned at once, a line feed before each: which of them a place belongs to.

What may stand in a text alone may stand in it here too, so a place is given to every text that it
touches: too many are harmless, they are looked at exactly.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from .alarms import Spans, pairs

_ONE_TEXT = 2
"""Bounds of a text that comes alone."""


def bounds_of(texts: Iterable[str], *, plain: bool) -> list[int]:
    """Return the byte offsets of the line feeds before texts, and of the end of all.

    Args:
        texts: the texts.
        plain: they are ASCII.
    """
    if plain:
        return [0, *accumulate([len(text) + 1 for text in texts])]
    return [0, *accumulate([len(text.encode("utf-8", "surrogatepass")) + 1 for text in texts])]


def ends_by_line(spans: Spans, bounds: Sequence[int]) -> dict[int, Spans]:
    """Cut spans of ends of occurrences at the texts' bounds.

    An occurrence may end with the line feed behind its text, which is the one before the next text:
    such an end is given to both.

    Args:
        spans: offsets behind the last byte of occurrences, rising.
        bounds: see `bounds_of`.

    Returns:
        By number of the text its spans, counted from its line feed.
    """
    found: dict[int, Spans] = {}
    texts = len(bounds) - 1
    for low, high in pairs(spans):
        line = bisect_left(bounds, low - 1) - 1 if low > 1 else 0
        while line < texts and (begin := bounds[line]) < high:
            behind = bounds[line + 1] + 1
            first, last = low - begin if low > begin else 0, min(high, behind) - begin
            inside = found.get(line)
            if inside is None:
                found[line] = [first, last]
            else:
                inside += (first, last)
            line += 1
    return found


def starts_by_line(spans: Spans, bounds: Sequence[int]) -> dict[int, Spans]:
    """Tell by number of the text where matches start in it.

    Args:
        spans: offsets of the byte before a match, each twice.
        bounds: see `bounds_of`.
    """
    if len(bounds) == _ONE_TEXT:
        return {0: spans} if spans else {}
    found: dict[int, Spans] = {}
    for offset in spans:
        line = bisect_right(bounds, offset) - 1
        found.setdefault(line, []).append(offset - bounds[line])
    return found
