"""Labelled texts: one JSON object a line, and what is wrong with a line that is none."""

from typing import Any, NamedTuple

import orjson

from ..errors import SettingError


class Marked(NamedTuple):
    """A span that stands in a text by its label: half-open, in characters."""

    start: int
    end: int
    type: str


class Row(NamedTuple):
    """One labelled text. `rule` is the rule that a near miss was written for, where it names one."""

    text: str
    label: bool
    category: str
    rule: str
    spans: tuple[Marked, ...]

    def __repr__(self) -> str:
        """Tell no text."""
        return f"Row({self.label}, {self.category}, {len(self.text)} characters)"


class BadRow(SettingError):
    """A line that is no labelled text: names file and line, never what stands in it."""


def read_row(line: bytes, place: str) -> Row:
    """Return the row of a line. Raises `BadRow`; `place` is the file and the number of the line."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise BadRow(f"{place}: not JSON") from None
    if not isinstance(given, dict):
        raise BadRow(f"{place}: not a JSON object")
    text, label = given.get("text"), given.get("label")
    if not isinstance(text, str):
        raise BadRow(f"{place}: text: expected a string")
    if label not in (0, 1):
        raise BadRow(f"{place}: label: expected 0 or 1")
    spans = tuple(_marked(item, len(text), place) for item in _list(given.get("spans"), place))
    return Row(text, bool(label), _word(given, "category", place), _word(given, "rule", place), spans)


def _word(given: dict[str, Any], name: str, place: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"{place}: {name}: expected a string")
    return value


def _list(value: object, place: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRow(f"{place}: spans: expected a list")
    return value


def _marked(item: object, length: int, place: str) -> Marked:
    match item:
        case {"start": int(start), "end": int(end), "type": str(kind)} if 0 <= start < end <= length:
            return Marked(start, end, kind)
    raise BadRow(f"{place}: spans: expected start, end and type, inside the text")
