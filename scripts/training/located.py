"""Where in a carrier an injected text stands: found by what the carriers of a file share.

A file of injections holds each carrier several times: clean, and with other texts put into it. What a row has
in common with the nearest other row from its beginning and from its end is carrier; the rest was put in.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

_LEAST, _MOST = 12, 2500


def located(texts: Sequence[str], clean: Sequence[str]) -> list[tuple[int, int]]:
    """Return for each text the span that stands in no clean text of its carrier; (0, 0) where unknown."""
    ahead = _shared(texts, clean)
    behind = _shared([text[::-1] for text in texts], [text[::-1] for text in clean])
    return [_span(len(text), *both) for text, *both in zip(texts, ahead, behind, strict=True)]


def among(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the same for texts whose clean carriers are not there, by what they share with each other."""
    return [
        _span(len(text), first, last)
        for text, first, last in zip(
            texts, _longest(texts), _longest([text[::-1] for text in texts]), strict=True
        )
    ]


def _span(length: int, first: int, last: int) -> tuple[int, int]:
    last = min(last, length - first)
    carrier, rest = first + last, length - first - last
    return (first, length - last) if carrier >= rest / 4 and _LEAST <= rest <= _MOST else (0, 0)


def _shared(texts: Sequence[str], others: Sequence[str]) -> list[int]:
    ordered = sorted(others)
    found = []
    for text in texts:
        at = bisect_left(ordered, text)
        found.append(max((_common(text, other) for other in ordered[max(at - 1, 0) : at + 1]), default=0))
    return found


def _longest(texts: Sequence[str]) -> list[int]:
    order = sorted(range(len(texts)), key=texts.__getitem__)
    found = [0] * len(texts)
    for one, other in pairwise(order):
        common = _common(texts[one], texts[other])
        found[one], found[other] = max(found[one], common), max(found[other], common)
    return found


def _common(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
