"""Reading the tables of a policy file: keys are known, values have their types, faults their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any

from .errors import BadPolicy

type Changes = dict[str, Any]
"""Fields of a `Policy` and their values, as far as a section of a file changes them."""


class Table:
    """A TOML table that is taken apart key by key. `where` names it in messages.

    Every method raises `BadPolicy` that says where and what.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise BadPolicy(f"{where}: must be a table")
        self._values: Mapping[str, Any] = value
        self._left = dict.fromkeys(value)
        self.where = where

    def __contains__(self, key: str) -> bool:
        """Say whether a key is given."""
        return key in self._values

    def fail(self, key: str, message: str) -> BadPolicy:
        """Return the error for a key."""
        return BadPolicy(f"{self.where}: {key}: {message}")

    def take(self, key: str) -> Any:
        """Return what stands under a key, whatever it is; None where nothing does."""
        self._left.pop(key, None)
        return self._values.get(key)

    def names(self) -> Iterator[str]:
        """Take every key there is."""
        for key in self._values:
            self._left.pop(key, None)
            yield key

    def text(self, key: str, longest: int) -> str:
        """Return a text that is not empty."""
        value = self.take(key)
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise self.fail(key, f"must be a text of 1 to {longest} characters")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        """Return a number within bounds."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.fail(key, f"must be a number from {least:g} to {most:g}")
        return float(value)

    def one_of[Value](self, key: str, known: Mapping[str, Value]) -> Value:
        """Return what one of several words stands for."""
        return self.chosen(key, self.take(key), known)

    def chosen[Value](self, key: str, value: object, known: Mapping[str, Value]) -> Value:
        """Return what a word stands for."""
        if not isinstance(value, str) or value not in known:
            raise self.fail(key, f"must be one of {', '.join(known)}{_near(value, known)}")
        return known[value]

    def texts(self, key: str) -> tuple[str, ...]:
        """Return one text or a list of them."""
        value = self.take(key)
        items = [value] if isinstance(value, str) else value
        if (
            not isinstance(items, list)
            or not items
            or not all(isinstance(item, str) and item for item in items)
        ):
            raise self.fail(key, "must be a text or a list of texts")
        return tuple(items)

    def several[Value](self, key: str, known: Mapping[str, Value]) -> tuple[Value, ...]:
        """Return what one or several words stand for."""
        return tuple(self.chosen(key, item, known) for item in self.texts(key))

    def done(self, known: Iterable[str]) -> None:
        """Refuse keys that nobody took; `known` are those there could be."""
        for key in self._left:
            raise self.fail(key, f"there is no such key{_near(key, known)}")


def tables(value: object, where: str) -> Iterator[Table]:
    """Yield the tables of an array of tables, numbered from 1. Raises `BadPolicy`."""
    if not isinstance(value, list):
        raise BadPolicy(f"{where}: must be tables, each under [[...]]")
    for number, item in enumerate(value, 1):
        yield Table(item, f"{where} {number}")


def words(kind: type[Enum]) -> dict[str, Any]:
    """Return the members of an enumeration by their names in lower case."""
    return {member.name.lower(): member for member in kind}


def attempt[Value](table: Table, key: str, make: Callable[[], Value]) -> Value:
    """Return what `make` returns; its `ValueError` becomes the error of a key."""
    try:
        return make()
    except ValueError as error:
        raise table.fail(key, str(error)) from None


def _near(value: object, known: Iterable[str]) -> str:
    close = get_close_matches(value, list(known), 1) if isinstance(value, str) else []
    return f"; did you mean {close[0]}?" if close else ""
