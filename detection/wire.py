"""Values of the house as JSON and back, by their types: for what travels between two installations.

Reading is strict, for it reads what came from elsewhere: every member is known, has its type and is
bounded. A member that has its default may be missing, one that nobody knows is refused: it may say
something that matters.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeAliasType, Union, cast, get_args, get_origin, get_type_hints

from .errors import SluicegateError
from .methods import METHODS, Method, read_method

LONGEST_TEXT = 65_536
"""Characters of a text, unless told otherwise."""
MOST_ITEMS = 65_536
"""Elements of a list."""

_LARGEST = 2**53
_NOTHING = object()

type _Reader = Callable[[Any, int], Any]
"""Takes a tree and the longest text; raises `Unreadable`."""


class Unreadable(SluicegateError):
    """What came is no such value. The message names the kind, never what came."""


def plain(value: object) -> Any:
    """Return a value as a JSON tree: objects by field, without the fields that have their defaults."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        if names is None:
            return [plain(item) for item in value]
        return _members(zip(names, value, strict=True), getattr(value, "_field_defaults", {}))
    if is_dataclass(value) and not isinstance(value, type):
        members = _members(
            ((item.name, getattr(value, item.name)) for item in fields(value)),
            {item.name: _default(item) for item in fields(value)},
        )
        name = str(getattr(value, "name", ""))
        method: object = METHODS.get(name)
        return {"name": name, **members} if method is type(value) else members
    return value


def typed[Value](kind: type[Value], tree: Any, longest: int = LONGEST_TEXT) -> Value:
    """Return the value that a JSON tree says.

    Args:
        kind: what it must be: built of dataclasses, named tuples, enumerations, tuples, methods and scalars.
        tree: as `plain` makes it.
        longest: characters of any text in it.

    Raises:
        Unreadable: it is anything else.
    """
    return cast("Value", _reader(cast("Any", kind))(tree, longest))


def _members(pairs: Any, defaults: Mapping[str, object]) -> dict[str, Any]:
    return {name: plain(item) for name, item in pairs if not _is_default(item, defaults.get(name, _NOTHING))}


def _is_default(value: object, default: object) -> bool:
    """Say whether a value need not be told: 1 is not 1.0, for a digest may be taken of how they read."""
    return type(value) is type(default) and value == default


def _default(item: "Field[Any]") -> object:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default if item.default is not MISSING else _NOTHING


@cache
def _reader(kind: Any) -> _Reader:
    """Return what reads a kind."""
    if isinstance(kind, TypeAliasType):
        return _reader(kind.__value__)
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _one_of(inside)
    if origin in (UnionType, Union):
        (other,) = [item for item in inside if item is not NoneType]
        return _or_nothing(_reader(other))
    if origin is tuple:
        return _several(_reader(inside[0])) if inside[-1] is Ellipsis else _row([*map(_reader, inside)])
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind is Method:
        return _method
    if issubclass(kind, Enum):
        return _enumerated(kind)
    return _record(kind)


def _record(kind: Any) -> _Reader:
    hints = get_type_hints(kind)
    if is_dataclass(kind):
        needed = {item.name: _default(item) is _NOTHING for item in fields(kind)}
    else:
        needed = {name: name not in kind._field_defaults for name in kind._fields}
    readers = {name: _reader(hints[name]) for name in needed}

    def read(tree: Any, longest: int) -> Any:
        if not isinstance(tree, dict) or not tree.keys() <= readers.keys():
            raise _unfit(kind.__name__)
        if any(missing and name not in tree for name, missing in needed.items()):
            raise _unfit(kind.__name__)
        given = {name: readers[name](item, longest) for name, item in tree.items()}
        try:
            return kind(**given)
        except (ValueError, SluicegateError):
            raise _unfit(kind.__name__) from None

    return read


def _several(inner: _Reader) -> _Reader:
    def read(tree: Any, longest: int) -> Any:
        if not isinstance(tree, list) or len(tree) > MOST_ITEMS:
            raise _unfit("list")
        return tuple(inner(item, longest) for item in tree)

    return read


def _row(inner: list[_Reader]) -> _Reader:
    def read(tree: Any, longest: int) -> Any:
        if not isinstance(tree, list) or len(tree) != len(inner):
            raise _unfit("list")
        return tuple(each(item, longest) for each, item in zip(inner, tree, strict=True))

    return read


def _or_nothing(inner: _Reader) -> _Reader:
    return lambda tree, longest: None if tree is None else inner(tree, longest)


def _one_of(known: tuple[Any, ...]) -> _Reader:
    def read(tree: Any, _: int) -> Any:
        if type(tree) is not str or tree not in known:
            raise _unfit("word")
        return tree

    return read


def _enumerated(kind: type[Enum]) -> _Reader:
    known = {(type(item.value), item.value): item for item in kind}

    def read(tree: Any, _: int) -> Any:
        found = known.get((type(tree), tree)) if isinstance(tree, str | int) else None
        if found is None:
            raise _unfit(kind.__name__)
        return found

    return read


def _method(tree: Any, _: int) -> Any:
    try:
        return read_method(tree)
    except ValueError:
        raise _unfit("method") from None


def _text(tree: Any, longest: int) -> str:
    if type(tree) is not str or len(tree) > longest:
        raise _unfit("text")
    return tree


def _flag(tree: Any, _: int) -> bool:
    if type(tree) is not bool:
        raise _unfit("flag")
    return tree


def _whole(tree: Any, _: int) -> int:
    if type(tree) is not int or abs(tree) > _LARGEST:
        raise _unfit("whole number")
    return tree


def _number(tree: Any, _: int) -> float:
    if type(tree) not in (int, float) or not math.isfinite(tree) or abs(tree) > _LARGEST:
        raise _unfit("number")
    return cast("float", tree)


_SCALARS: Mapping[Any, _Reader] = {str: _text, bool: _flag, int: _whole, float: _number}


def _unfit(kind: str) -> Unreadable:
    return Unreadable(f"this is no {kind}")
