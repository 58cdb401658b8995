"""Cuts a text that is longer than a guard reads at once into windows that overlap."""

from typing import NamedTuple


class Windows(NamedTuple):
    """The windows in order, and whether together they hold all of the text."""

    texts: tuple[str, ...]
    whole: bool


def windows(text: str, size: int, most: int) -> Windows:
    """Cut a text.

    Args:
        text: any text.
        size: characters of a window, at least 8. A fifth of one is the beginning of the next, so that what is
            shorter than that stands in one of them undivided.
        most: windows at most; what is behind the last of them is left out.
    """
    if len(text) <= size:
        return Windows((text,), True)
    step = size - size // 5
    starts = range(0, max(1, len(text) - size // 5), step)
    kept = starts[:most]
    return Windows(tuple(text[start : start + size] for start in kept), len(kept) == len(starts))
