"""Members of an object, taken one by one; what nobody took is refused, so that nothing is dropped."""

from collections.abc import Iterator, Mapping
from typing import Any

from .refusals import malformed, untranslatable


class Fields:
    """The members of one object of a client's request. A null says nothing.

    Args:
        tree: the object.
        where: its place in the request.

    Raises:
        BadInput: it is no object.
    """

    __slots__ = ("_left", "where")

    def __init__(self, tree: Any, where: str = "") -> None:
        if not isinstance(tree, dict):
            raise malformed(where or "body")
        self.where = where
        self._left = {name: value for name, value in tree.items() if value is not None}

    def at(self, name: str) -> str:
        """Return the place of a member."""
        return f"{self.where}.{name}" if self.where else name

    def take[T](self, name: str, kind: type[T]) -> T | None:
        """Take a member of a type; None where it is not there. A boolean is no number."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise malformed(self.at(name))
        return value

    def number(self, name: str) -> int | float | None:
        """Take a number."""
        value = self._left.pop(name, None)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise malformed(self.at(name))
        return value

    def text(self, name: str) -> str:
        """Take a string that must be there."""
        value = self.take(name, str)
        if value is None:
            raise malformed(self.at(name))
        return value

    def any(self, name: str) -> Any:
        """Take a member whatever it is."""
        return self._left.pop(name, None)

    def objects(self, name: str) -> "Iterator[Fields]":
        """Take a list of objects."""
        for index, item in enumerate(self.take(name, list) or ()):
            yield Fields(item, f"{self.at(name)}.{index}")

    def usual(self, values: Mapping[str, tuple[Any, ...]]) -> None:
        """Take members that say what is so anyway, by the values that do."""
        for name in values.keys() & self._left.keys():
            value = self._left[name]
            if any(value == usual and _is_flag(value) == _is_flag(usual) for usual in values[name]):
                del self._left[name]

    def done(self) -> None:
        """Raise `BadInput` naming a member that nobody took."""
        for name in self._left:
            raise untranslatable(self.at(name))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)
