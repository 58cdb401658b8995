"""Where everything stands in frames of one form that have the lengths of one of them, but for the text.

What never differed so far counts as alike. So a frame is told by a few comparisons of bytes at known places.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
"""Turns every digit into a zero: what then is like another is so but for its digits."""

_DIGIT = re.compile(rb"\d")


class Digits(NamedTuple):
    """Digits that differ: where they begin and end in a frame, and whether they are a number."""

    begin: int
    end: int
    number: bool


class Spot(NamedTuple):
    """A stretch in which digits differ, and what stands behind it.

    Offsets count from a frame's beginning, or - negative, or None - from its end. `zeros` is what stands
    here, its digits zeros. At `leads` stand the first digits of numbers, which are no zeros.
    """

    first: int
    last: int
    next: int | None
    zeros: bytes
    leads: tuple[int, ...]
    behind: bytes


class Layout(NamedTuple):
    """Where a text begins, and what stands around it.

    `head` is what a frame begins with, `size` its length. `between` stands behind the text, up to `stop`;
    `rest` counts the bytes from there to the frame's end, or to padding. `padded` counts the bytes behind
    padding, to the frame's end; 0 without padding.
    """

    begin: int
    rest: int
    head: bytes
    size: int
    stop: int | None
    between: bytes
    spots: tuple[Spot, ...] = ()
    padded: int = 0


UNKNOWN = Layout(0, 1 << 62, b"", 0, None, b"")
"""Fits no frame."""


def layout(
    frame: bytes,
    text: tuple[int, int],
    digits: Sequence[Digits],
    padding: tuple[int, int] | None = None,
) -> Layout:
    """Lay out frames like one.

    Args:
        text: where the text begins and ends.
        digits: what differs, in order.
        padding: where letters of any number stand.
    """
    begin, end = text
    front = [item for item in digits if item.begin < begin]
    back = digits[len(front) :]
    size = len(frame)
    head = frame[: front[0].begin if front else begin]
    spots = _spots(frame, front, begin, 0)
    if padding is not None:
        if back or padding[0] < end:
            return UNKNOWN
        between = frame[end : padding[0]]
        return Layout(begin, len(between), head, len(head), None, between, (*spots,), size - padding[1])
    stop = back[0].begin if back else size
    spots += _spots(frame, back, size, size)
    return Layout(begin, size - end, head, len(head), stop - size or None, frame[end:stop], (*spots,))


def _spots(frame: bytes, digits: Sequence[Digits], end: int, shift: int) -> list[Spot]:
    """Return spots, the last of which has behind it what stands before `end`; offsets are less by `shift`.

    Digits with none that are alike between them share a spot.
    """
    spots: list[Spot] = []
    stretch: list[Digits] = []
    for item, next_ in zip(digits, [*(item.begin for item in digits[1:]), end], strict=bool(digits)):
        stretch.append(item)
        behind = frame[item.end : next_]
        if next_ == end or _DIGIT.search(behind):
            first, last = stretch[0].begin, item.end
            leads = tuple(
                [part.begin - shift for part in stretch if part.number and part.end - part.begin > 1]
            )
            zeros = frame[first:last].translate(ZEROS)
            spots.append(Spot(first - shift, last - shift, next_ - shift or None, zeros, leads, behind))
            stretch = []
    return spots
