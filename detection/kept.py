"""What is computed from expressions again and again while rules are made ready.

It takes megabytes that hardly anybody asks for later, so it is let go of then.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

_FORGETS: list[Callable[[], None]] = []


def kept[**Given, Found](most: int) -> Callable[[Callable[Given, Found]], Callable[Given, Found]]:
    """Keep what a function of hashable values returned, for the last `most` of them, until `forget`."""

    def keep(function: Callable[Given, Found]) -> Callable[Given, Found]:
        cached: Any = lru_cache(most)(function)
        _FORGETS.append(cached.cache_clear)
        return cached  # type: ignore[no-any-return] # the same function, as far as a caller can tell

    return keep


def forget() -> None:
    """Let go of all that is kept. What is asked for again is computed again."""
    for clear in _FORGETS:
        clear()
