"""A parsed payload that renders back byte for byte when nothing was edited."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .json_text import spans, splice
from .types import Edit, Segment, Unjudged

NO_VALUES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Document:
    """What a dialect made of a body.

    `body` are the original bytes and `tree` what they parse to (never changed). `segments` come in
    the order a model reads them. `unjudged` lists parts no scanner can read.
    """

    body: bytes = field(repr=False)
    tree: Any = field(repr=False)
    segments: tuple[Segment, ...]
    unjudged: tuple[Unjudged, ...] = ()

    def render(self, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> bytes:
        """Return the body with the edits applied: the very same bytes when there are none.

        Args:
            edits: changes inside strings.
            values: JSON texts that replace whole values, by pointer.
        """
        items = list(edits)
        if not items and not values:
            return self.body
        return edit_json(self.body.decode(), items, values).encode()


def edit_json(text: str, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> str:
    """Apply edits to a JSON text: nothing but the edited characters changes.

    Pointers name values of this document itself; an edit inside a document that a string holds
    arrives as an edit of that string, escaped for its inner levels already.
    """
    wanted: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for edit in edits:
        wanted[edit.pointer].append((edit.span.start, edit.span.end, edit.text))
    places = spans(text, wanted.keys() | values.keys())
    pieces: list[str] = []
    position = 0
    for pointer, (start, end) in sorted(places.items(), key=lambda item: item[1]):
        if start < position:
            continue  # inside a value that was replaced whole
        value = values.get(pointer)
        changed = splice(text[start:end], sorted(wanted[pointer])) if value is None else value
        pieces += (text[position:start], changed)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
