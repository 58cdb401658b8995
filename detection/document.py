"""A parsed payload that renders back byte for byte when nothing was edited."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from .json_text import inside, spans, splice
from .pointer import split
from .types import Edit, Segment, Unjudged

NO_VALUES: Mapping[str, str] = {}


@dataclass(slots=True)  # not frozen, which triples the price: every payload makes one
class Document:
    """What a dialect made of a body.

    `body` are the original bytes and `tree` what they parse to (never changed). `segments` come in
    the order a model reads them. `unjudged` lists parts no scanner can read.
    """

    body: bytes = field(repr=False)
    tree: Any = field(repr=False)
    segments: tuple[Segment, ...]
    unjudged: tuple[Unjudged, ...] = ()
    compact: bool = False
    """orjson would write `tree` as the very bytes of `body`."""

    def render(self, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> bytes:
        """Return the body with the edits applied: the very same bytes when there are none.

        Args:
            edits: changes inside strings.
            values: JSON texts that replace whole values, by pointer.
        """
        items = list(edits)
        if not items and not values:
            return self.body
        if self.compact:
            try:
                return _rewritten(self.tree, items, values)
            except orjson.JSONEncodeError:  # an edit brings a lone surrogate: it must be spelled
                pass
        elif not values and (replaced := _replaced(self.body, self.tree, items)) is not None:
            return replaced
        return edit_json(self.body.decode(), items, values).encode()


def _rewritten(tree: Any, edits: Iterable[Edit], values: Mapping[str, str]) -> bytes:
    """Write a tree with edits; raises `orjson.JSONEncodeError` for what has no UTF-8 form."""
    root = [tree]
    for pointer, wanted in by_pointer(edits).items():
        holder, last = _way_to(root, pointer)
        holder[last] = edited(holder[last], wanted)
    for pointer, value in values.items():
        holder, last = _way_to(root, pointer)
        holder[last] = orjson.Fragment(value)
    return orjson.dumps(root[0])


def _replaced(body: bytes, tree: Any, edits: Iterable[Edit]) -> bytes | None:
    """Write a body with one string edited that stands in it once; None where that is not sure.

    Without a backslash every string is spelled as it reads, so the edited one stands there between
    quotes. Where the same bytes stand there once, they are no other string, nor what parts two.
    """
    wanted = by_pointer(edits)
    if len(wanted) != 1 or b"\\" in body:
        return None
    ((pointer, changes),) = wanted.items()
    value = tree
    for token in split(pointer):
        value = value[int(token)] if isinstance(value, list) else value[token]
    spelled = b'"%b"' % value.encode()
    at = body.find(spelled)
    if at < 0 or at != body.rfind(spelled):
        return None
    return b'%b"%b"%b' % (body[:at], inside(edited(value, changes)), body[at + len(spelled) :])


def _way_to(root: list[Any], pointer: str) -> tuple[Any, Any]:
    """Copy what holds the value at a pointer, and all around it; return the copy and the last step."""
    holder: Any = root
    step: Any = 0
    for token in split(pointer):
        holder[step] = holder[step].copy()
        holder = holder[step]
        step = int(token) if isinstance(holder, list) else token
    return holder, step


def edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Return a text with edits ``(start, end, replacement)`` applied; they lie apart."""
    pieces: list[str] = []
    position = 0
    for start, end, replacement in sorted(edits):
        pieces += (text[position:start], replacement)
        position = end
    return "".join([*pieces, text[position:]])


def by_pointer(edits: Iterable[Edit]) -> dict[str, list[tuple[int, int, str]]]:
    """Group edits by their pointers, as ``(start, end, replacement)``."""
    wanted: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for edit in edits:
        wanted[edit.pointer].append((edit.span.start, edit.span.end, edit.text))
    return wanted


def edit_json(text: str, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> str:
    """Apply edits to a JSON text: nothing but the edited characters changes.

    Pointers name values of this document itself; an edit inside a document that a string holds
    arrives as an edit of that string, escaped for its inner levels already.
    """
    wanted = by_pointer(edits)
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
