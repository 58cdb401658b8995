"""Collecting segments from a parsed payload: typed paths first, everything unknown generically.

Whatever a provider adds tomorrow is scanned before we know it: a walk over the rest takes every
string, every long number and every long key.
"""

from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import Parsed
from ..pointer import public, step
from ..types import Direction, Kind, Role, Segment, Unjudged

SHORTEST = 7
"""Numbers and keys with fewer characters say nothing about anyone."""

_SMALL = 10 ** (SHORTEST - 2)
"""Whole numbers within are shorter than `SHORTEST` with their sign."""

MOST_SEGMENTS = 50_000
MOST_UNJUDGED = 1000
_LONGEST_WORD = 40
_MOST = 10**9
"""Longer words and higher numbers may say something about someone."""

_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""
_NOTHING: frozenset[str] = frozenset()


class Collector:
    """Gathers the segments of one payload in reading order."""

    def __init__(self, direction: Direction):
        self._direction = direction
        self.segments: list[Segment] = []
        self.unjudged: list[Unjudged] = []

    def text(
        self,
        text: str,
        pointer: str,
        role: Role,
        kind: Kind = Kind.TEXT,
        *,
        name: str = "",
        encoded: bool = False,
        editable: bool = True,
    ) -> None:
        """Add one text; an empty one is nothing. Raises `BadInput` beyond `MOST_SEGMENTS`."""
        if len(self.segments) >= MOST_SEGMENTS:
            raise BadInput("The payload holds too many texts.", code="too_many_values")
        if text:
            self.segments.append(
                _tuple(Segment, (text, pointer, role, kind, self._direction, editable, name, encoded))
            )

    def document(self, body: bytes, parsed: Parsed) -> Document:
        """Return what was collected from a body."""
        return Document(body, parsed.tree, tuple(self.segments), tuple(self.unjudged), parsed.compact)

    def skip(self, pointer: str, reason: str) -> None:
        """Note a part that no scanner can read; the first `MOST_UNJUDGED` are listed."""
        if len(self.unjudged) < MOST_UNJUDGED:
            self.unjudged.append(Unjudged(public(pointer), reason))

    def walk(self, value: Any, pointer: str, role: Role, kind: Kind = Kind.OTHER, *, name: str = "") -> None:
        """Add every text below `value`, keys included."""
        if isinstance(value, str):
            self.text(value, pointer, role, kind, name=name)
        elif isinstance(value, dict):
            self.members(value, pointer, role, kind)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if not isinstance(item, float):
                    self.walk(item, f"{pointer}/{index}", role, kind, name=name)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._number(value, pointer, role, kind, name)

    def members(
        self,
        value: dict[str, Any],
        pointer: str,
        role: Role,
        kind: Kind = Kind.OTHER,
        skip: frozenset[str] = _NOTHING,
    ) -> None:
        """Add every text below the members of an object but those named in `skip`."""
        for key, item in value.items():
            if key in skip:
                continue
            if len(key) >= SHORTEST:
                self.text(key, pointer, role, kind, editable=False)
            # Most parameters are switches and small numbers: no call for what says nothing.
            if (
                item is None
                or item is True
                or item is False
                or (type(item) is int and -_SMALL < item < _SMALL)
            ):
                continue
            self.walk(item, step(pointer, key), role, kind, name=key)

    def _number(self, value: float, pointer: str, role: Role, kind: Kind, name: str) -> None:
        spelled = repr(value)
        if len(spelled) >= SHORTEST:
            self.text(spelled, pointer, role, kind, name=name, editable=False)


def words_only(value: Any) -> bool:
    """Say whether a value holds counts, switches and names of constants only: no text of anyone's."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD and (not value or value.replace("_", "").isalpha())
    if isinstance(value, dict):
        return all(words_only(key) and words_only(item) for key, item in value.items())
    if isinstance(value, list):
        return all(words_only(item) for item in value)
    if type(value) is int:
        return -_MOST < value < _MOST
    return value is None or type(value) in (bool, float)
