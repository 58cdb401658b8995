"""The texts inside a value a program holds: strings in lists, tuples and dicts."""

from collections.abc import Iterator, Mapping

from ..detection.errors import BadInput
from ..detection.role_names import ROLES
from ..detection.texts import Text
from ..detection.types import Kind, Role

DEEPEST = 64
"""Levels of lists and dicts that are read."""


def texts_in(value: object, role: Role, name: str = "", depth: int = 0) -> Iterator[Text]:
    """Yield the texts of a value, in order; a dict with a ``role`` says whose words it holds.

    Raises:
        BadInput: more than `DEEPEST` levels.
    """
    if isinstance(value, str):
        yield Text(value, role, Kind.ARGUMENTS if name == "arguments" else Kind.TEXT)
    elif isinstance(value, list | tuple | Mapping):
        if depth >= DEEPEST:
            raise BadInput("The value is nested too deeply.", code="too_deep")
        if isinstance(value, Mapping):
            inner = ROLES.get(str(value.get("role")), role)
            for key, item in value.items():
                yield from texts_in(item, inner, str(key), depth + 1)
        else:
            for item in value:
                yield from texts_in(item, role, name, depth + 1)


def with_texts(value: object, texts: Iterator[str]) -> object:
    """Return a value with other texts in the places that `texts_in` names; what holds them is copied."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, Mapping):
        return {key: with_texts(item, texts) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [with_texts(item, texts) for item in value]
        if isinstance(value, list):
            return items
        make = getattr(type(value), "_make", tuple)  # a named tuple stays one
        return make(items)
    return value


def is_readable(value: object) -> bool:
    """Say whether nothing in a value could hold a text that `texts_in` does not see."""
    if isinstance(value, list | tuple):
        return all(map(is_readable, value))
    if isinstance(value, Mapping):
        return all(map(is_readable, value.values()))
    return value is None or isinstance(value, str | int | float | complex)
