"""Hashed features of the words of a text, for a tagger that looks at one word and its neighbours.

Every word, number and sign is a token. What is known of a token by itself - the word, its form, how it begins
and ends, what stands before it - is hashed once for each different token; what is known of it among its
neighbours is made of those numbers, for all tokens at once.
"""

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BITS = 18
"""A bucket is a number of so many bits."""

# What is bounded keeps the search linear: an address or a link is one token, so no name is found inside it.
_TOKEN = re.compile(
    r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
    r"|(?:\w{1,12}://|www\.)[^\s\"'<>]+"
    r"|[^\W\d_]+(?:-[^\W\d_]+|['’][^\W\d_]{2,})*"
    r"|\d+|[^\W_]|[^\w\s]|_"
)
MARGIN = 2
"""Neighbours on either side that a token is seen with."""
_PRIME, _MIX = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)
_SHIFT = np.uint32(32 - BITS)
_HALF = np.uint32(15)
_WORD, _SHAPE, _GAP, _START, _END, _TAIL, _CASE, _TAG = range(8)
_OWN = 8
"""Numbers that are made of each token by itself."""
_SEEN: tuple[tuple[tuple[int, int], ...], ...] = (
    ((_WORD, 0),),
    ((_WORD, -1),),
    ((_WORD, 1),),
    ((_WORD, -2),),
    ((_WORD, 2),),
    ((_SHAPE, 0), (_GAP, 0)),
    ((_SHAPE, -1), (_SHAPE, 0)),
    ((_SHAPE, 0), (_SHAPE, 1)),
    ((_SHAPE, -1), (_SHAPE, 0), (_SHAPE, 1)),
    ((_SHAPE, -2), (_SHAPE, -1), (_SHAPE, 0)),
    ((_SHAPE, 0), (_SHAPE, 1), (_SHAPE, 2)),
    ((_SHAPE, -2), (_SHAPE, -1), (_SHAPE, 0), (_SHAPE, 1), (_SHAPE, 2)),
    ((_START, 0),),
    ((_END, 0),),
    ((_TAIL, 0),),
    ((_END, -1),),
    ((_END, 1),),
    ((_WORD, 0), (_SHAPE, 0)),
    ((_WORD, -1), (_SHAPE, 0)),
    ((_WORD, 1), (_SHAPE, 0)),
    ((_WORD, -1), (_WORD, 0)),
    ((_WORD, 0), (_WORD, 1)),
    ((_WORD, -2), (_WORD, -1), (_SHAPE, 0)),
    ((_SHAPE, 0), (_WORD, 1), (_WORD, 2)),
    ((_WORD, -1), (_WORD, 1), (_SHAPE, 0)),
    ((_WORD, -2), (_SHAPE, -1), (_SHAPE, 0)),
    ((_END, 0), (_SHAPE, 0), (_SHAPE, -1)),
    ((_GAP, 0), (_SHAPE, 0), (_GAP, 1), (_SHAPE, 1)),
    ((_WORD, 0), (_CASE, 0)),
)
"""Each feature: what of which neighbours is seen together."""
KINDS = len(_SEEN)
"""Features of a token at first sight."""
_AGAIN: tuple[tuple[tuple[int, int], ...], ...] = (
    ((_TAG, -1), (_TAG, 0), (_TAG, 1)),
    ((_TAG, -2), (_TAG, -1), (_SHAPE, 0)),
    ((_TAG, 1), (_TAG, 2), (_SHAPE, 0)),
    ((_TAG, -1), (_SHAPE, 0), (_GAP, 0)),
    ((_TAG, 1), (_SHAPE, 0), (_GAP, 1)),
    ((_TAG, -1), (_TAG, 1), (_SHAPE, 0)),
    ((_TAG, -2), (_TAG, -1), (_TAG, 0), (_TAG, 1), (_TAG, 2)),
    ((_TAG, -1), (_WORD, 0)),
    ((_TAG, 1), (_WORD, 0)),
    ((_TAG, -2), (_WORD, -1), (_SHAPE, 0)),
    ((_TAG, 2), (_WORD, 1), (_SHAPE, 0)),
    ((_TAG, -1), (_SHAPE, 0), (_SHAPE, 1)),
)
"""What is seen together once a first guess at every tag was made."""
AGAIN = len(_AGAIN)
"""Features of a token on second sight."""
WORDY = tuple(index for index, seen in enumerate(_SEEN) if any(what == _WORD and not at for what, at in seen))
"""Features that know the word itself: what is learned without them is learned from what stands around it."""


class Token(NamedTuple):
    """A word, a number or a sign in the half-open range ``[start, end)`` of characters."""

    start: int
    end: int
    text: str


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text, in order. Linear."""
    return [Token(found.start(), found.end(), found[0]) for found in _TOKEN.finditer(text)]


def written(text: str) -> int:
    """Return whether a text is in small letters, in capitals, or in both."""
    return 1 if text.islower() else 2 if text.isupper() else 3


def own(text: str, found: Sequence[Token], case: int, after: int = 0) -> npt.NDArray[np.uint32]:
    """Return what is known of each token by itself, shape (`_OWN`, tokens and both margins).

    Args:
        text: what they stand in.
        found: tokens in a row.
        case: see `written`.
        after: where the token before them ends.
    """
    known: dict[str, tuple[int, int, int, int, int]] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    gaps: list[int] = []
    end = after
    for token in found:
        numbers = known.get(token.text)
        if numbers is None:
            numbers = known[token.text] = _numbers(token.text)
        rows.append(numbers)
        gaps.append(_gap(text, end, token.start))
        end = token.end
    seen = np.zeros((_OWN, len(found) + 2 * MARGIN), np.uint32)
    inner = seen[:, MARGIN:-MARGIN]
    if rows:
        inner[[_WORD, _SHAPE, _START, _END, _TAIL]] = np.array(rows, np.uint32).T
        inner[_GAP] = gaps
    seen[_WORD, :MARGIN], seen[_WORD, -MARGIN:] = 1, 2
    seen[_SHAPE, :MARGIN], seen[_SHAPE, -MARGIN:] = 1, 2
    inner[_CASE] = case
    return seen


def buckets(seen: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return the buckets of the features of each token, shape (`KINDS`, tokens)."""
    return _together(seen, _SEEN, 0)


def again(seen: npt.NDArray[np.uint32], tags: npt.NDArray[np.intp]) -> npt.NDArray[np.uint32]:
    """Return the buckets on second sight, shape (`AGAIN`, tokens): `tags` are a first guess."""
    seen[_TAG, MARGIN:-MARGIN] = tags + 1
    return _together(seen, _AGAIN, KINDS)


def _together(
    seen: npt.NDArray[np.uint32], features: Sequence[Sequence[tuple[int, int]]], first: int
) -> npt.NDArray[np.uint32]:
    count = seen.shape[1] - 2 * MARGIN
    found = np.empty((len(features), count), np.uint32)
    for index, parts in enumerate(features):
        row = found[index]
        row.fill((first + index) * 0x01000193 + 0x811C9DC5 & 0xFFFFFFFF)
        for what, at in parts:
            row ^= seen[what, MARGIN + at : MARGIN + at + count]
            row *= _PRIME
            row ^= row >> _HALF
    found *= _MIX
    found >>= _SHIFT
    return found


def _numbers(word: str) -> tuple[int, int, int, int, int]:
    small = word.lower()
    crc = _crc
    if not word[0].isalpha() or "@" in word or "/" in word:
        form = crc("0" * min(len(word), 6) if word.isdigit() else "@" if len(word) > 1 else word)
        return (form if len(word) > 1 else crc(word)), form, 3, 3, 3
    return crc(small), crc(_shape(word)), crc(small[:3]), crc(small[-3:]), crc(small[-2:] + "~")


def _shape(word: str) -> str:
    """Return how a word is written: capitals at which ends, whether parts are joined, how short it is."""
    if word.islower():
        form = "x"
    elif word.isupper():
        form = "X" if len(word) == 1 else "XX"
    elif word[0].isupper():
        form = "Xx" if word[1:].islower() else "XxX"
    else:
        form = "xX" if not word.islower() else "x"
    joined = "-" if "-" in word else "'" if "'" in word or "’" in word else ""
    return f"{form}{joined}{min(len(word), 4) if form != 'XX' else min(len(word), 5)}"


def _gap(text: str, end: int, start: int) -> int:
    """Return what separates a token from the one before: nothing, a space, more, the end of a line."""
    if end == start:
        return 5 if not end else 1
    if start - end == 1 and text[end] == " ":
        return 2
    return 4 if "\n" in text[end:start] else 3


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
