"""Ways to cut a text or a byte string into consecutive pieces. Joined, the pieces are the whole."""

import itertools
import random
import re
from collections.abc import Callable, Iterable
from typing import overload

type TextCut = Callable[[str], list[str]]
type ByteCut = Callable[[bytes], list[bytes]]


def whole(text: str) -> list[str]:
    """One piece."""
    return [text]


def words(text: str) -> list[str]:
    """Pieces as a model's tokens look: a word with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text) or [text]


def per_character(text: str) -> list[str]:
    """Every character alone."""
    return list(text) or [text]


def per_byte(data: bytes) -> list[bytes]:
    """Every byte alone: inside UTF-8 sequences, JSON escapes and frames."""
    return [data[at : at + 1] for at in range(len(data))]


@overload
def slices(value: str, positions: Iterable[int]) -> list[str]: ...
@overload
def slices(value: bytes, positions: Iterable[int]) -> list[bytes]: ...
def slices(value: str | bytes, positions: Iterable[int]) -> list[str] | list[bytes]:
    """Cut before each of `positions` (in any order, those outside the value are ignored)."""
    inner = sorted({at for at in positions if 0 < at < len(value)})
    edges = [0, *inner, len(value)]
    pairs = list(itertools.pairwise(edges))
    if isinstance(value, str):
        return [value[start:end] for start, end in pairs]
    return [value[start:end] for start, end in pairs]


def text_at(*positions: int) -> TextCut:
    """Cut a text before the given character positions."""
    return lambda text: slices(text, positions)


def around(mark: str, *offsets: int) -> TextCut:
    """Cut at `offsets` characters after where `mark` starts; offset 0 cuts right before it."""

    def cut(text: str) -> list[str]:
        start = text.index(mark)
        return slices(text, [start + offset for offset in offsets])

    return cut


def text_seeded(seed: int) -> TextCut:
    """Cut at random positions, the same ones for the same seed and text length."""
    return lambda text: slices(text, _positions(seed, len(text)))


def bytes_seeded(seed: int) -> ByteCut:
    """Cut bytes at random positions, the same ones for the same seed and length."""
    return lambda data: slices(data, _positions(seed, len(data)))


def _positions(seed: int, length: int) -> list[int]:
    source = random.Random(seed)
    return source.sample(range(length), k=min(length, max(1, length // 5)))
