"""Pieces: how an edited text is spoken of while it grows."""

from collections.abc import Iterable
from dataclasses import dataclass

from .types import Edit, Span


@dataclass(slots=True)
class Piece:
    """The next `count` characters of a text: as they are, or replaced by `text`.

    Not frozen, because every word of a stream makes one and freezing triples the price. Nobody changes one.
    """

    count: int
    text: str | None = None


def apply(source: str, pieces: Iterable[Piece]) -> str:
    """Write the text that the pieces make of the beginning of `source`."""
    written: list[str] = []
    position = 0
    for piece in pieces:
        end = position + piece.count
        written.append(source[position:end] if piece.text is None else piece.text)
        position = end
    return "".join(written)


def edits_of(pointer: str, pieces: Iterable[Piece], position: int = 0) -> list[Edit]:
    """Turn the pieces of a whole text, from an offset on, into edits."""
    edits: list[Edit] = []
    for piece in pieces:
        end = position + piece.count
        if piece.text is not None:
            edits.append(Edit(pointer, Span(position, end), piece.text))
        position = end
    return edits
