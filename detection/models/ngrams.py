"""Hashed features of a text: runs of bytes and of words, found with a dozen passes over arrays.

Hashes are polynomials modulo 2^32, so those of longer runs are made from those of shorter ones, and those
of words from one running sum. A bucket is the upper bits of a hash times an odd number.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .hashing import BITS, KINDS, MOST_BYTES, STEP

_RUNS = 3
_WORD = np.array([48 <= code <= 57 or 97 <= code <= 122 or code >= 128 for code in range(256)], np.uint8)
_BASE, _MIX = 0x9E3779B1, np.uint32(0x85EBCA6B)
_SALTS = [np.uint32(salt) for salt in (0x2545F491, 0x1B873593, 0xCC9E2D51, 0x6C078965, 0x5BD1E995)]
_SHIFT, _HALF = np.uint32(32 - BITS), np.uint32(15)
_PLACES = np.arange(0, MOST_BYTES + 2, STEP)[None, :] + np.array([[0], [2 * STEP]])
"""Where windows begin and end, but for the end of the last one."""


def _powers(base: int) -> npt.NDArray[np.uint32]:
    found = np.full(MOST_BYTES + 2, base, np.uint32)
    found[0] = 1
    return np.multiply.accumulate(found, dtype=np.uint32)


_POWERS, _UNPOWERS = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 32))
_B2, _B3 = _POWERS[2], _POWERS[3]
_OF_4, _OF_6, _OF_9 = (_POWERS[:length][::-1].copy() for length in (4, 6, 9))
_NEXT, _PAST = int(_SALTS[3]), int(_SALTS[4])
_OF_TWO, _OF_THREE, _OF_AROUND = (
    np.array([value % (1 << 32) for value in values], np.uint32)
    for values in ((_NEXT, 1), (_NEXT * _NEXT, _NEXT, 1), (_NEXT * _PAST, 0, 1))
)
"""What the members of a run are multiplied by, from the first to the last."""
_SHORT = 1 << 10
"""Bytes up to which calls cost more than numbers."""


class Features(NamedTuple):
    """The features of a text.

    Attributes:
        buckets: of every feature, kind by kind, in the order of the text.
        begins: shape (windows, kinds): where in `buckets` the features of a window begin.
        ends: the same for their ends.
    """

    buckets: npt.NDArray[np.uint32]
    begins: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]


class Hashed(NamedTuple):
    """The features of a text, whatever window they are of.

    Attributes:
        buckets: of every feature, kind by kind, in the order of the text.
        sizes: how many there are of each kind.
        starts: where words begin, in bytes.
        length: bytes that were read, with a space at either end.
    """

    buckets: npt.NDArray[np.uint32]
    sizes: list[int]
    starts: npt.NDArray[np.intp]
    length: int


def hashed(text: bytes) -> Hashed:
    """Return the features of the first `MOST_BYTES` of a plain text in UTF-8, not told apart by windows."""
    codes = np.frombuffer(b" %b " % text[:MOST_BYTES], np.uint8)
    inside = _WORD.take(codes)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    edges += 1
    starts = edges[::2]
    one = codes.astype(np.uint32)
    runs = (*_runs(one), *_words(one, edges, starts))
    found = np.concatenate(runs)
    found *= _MIX
    found >>= _SHIFT
    return Hashed(found, [len(run) for run in runs], starts, len(codes))


def features(text: bytes) -> Features:
    """Return the features of the first `MOST_BYTES` of a plain text in UTF-8."""
    return windowed(hashed(text))


def windowed(found: Hashed) -> Features:
    """Tell features apart by windows. A text of at most two steps is one window with all of them."""
    windows = max(1, -(-(found.length - STEP) // STEP))
    places = _PLACES[:, :windows].copy()
    places[1, -1] = found.length
    sizes = np.array(found.sizes)
    at = np.empty((2, windows, KINDS), np.intp)
    at[:, :, :_RUNS] = places[:, :, None]
    at[:, :, _RUNS:] = found.starts.searchsorted(places)[:, :, None]
    np.minimum(at, sizes, out=at)
    at += sizes.cumsum() - sizes
    return Features(found.buckets, at[0], at[1])


def _runs(one: npt.NDArray[np.uint32]) -> list[npt.NDArray[np.uint32]]:
    if len(one) <= _SHORT:
        four, six, nine = _each(one, _OF_4), _each(one, _OF_6), _each(one, _OF_9)
    else:
        two = one[:-1] * _POWERS[1]
        two += one[1:]
        four = two[:-2] * _B2
        four += two[2:]
        six = four[:-2] * _B2
        six += two[4:]
        nine = six[:-3] * _B3
        nine += two[6:-1] * _POWERS[1] + one[8:]
    six += _SALTS[0]
    nine += _SALTS[1]
    return [four, six, nine]


def _words(
    codes: npt.NDArray[np.uint32], edges: npt.NDArray[np.intp], starts: npt.NDArray[np.intp]
) -> list[npt.NDArray[np.uint32]]:
    if not len(edges):
        return [codes[:0]] * (KINDS - _RUNS)
    one = np.add.reduceat(codes * _POWERS[: len(codes)], edges, 0, np.uint32)[::2]
    # Where a word stands makes no difference.
    one = one * _UNPOWERS.take(starts)
    one *= _SALTS[2]
    one ^= one >> _HALF
    return [one, _each(one, _OF_TWO), _each(one, _OF_THREE), _each(one, _OF_AROUND)]


def _each(values: npt.NDArray[np.uint32], by: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return the hash of every run that is as long as `by`."""
    if len(values) < len(by):
        return values[:0]
    found: npt.NDArray[np.uint32] = np.correlate(values, by)
    return found
