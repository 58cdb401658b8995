"""Where the texts of a payload stand: JSON pointers (RFC 6901) in which ``*`` is any element or member."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from ..pointer import split, step
from ..types import Role

type Where = str | Sequence[str] | Mapping[str, Role | str]
"""Pointers; as a mapping, with whose words stand there. The empty pointer is all of the payload."""

_ANY = "*"
_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""


class Place(NamedTuple):
    """One pointer, taken apart, and whose words stand there.

    `name` is the last member that the pointer names, empty where there is none; `spelled` is the pointer of
    what stands there below nothing but objects.
    """

    pointer: str
    steps: tuple[str, ...]
    role: Role
    name: str
    spelled: str


class Found(NamedTuple):
    """A value at a place. `pointer` says which of those that fit it is."""

    place: Place
    pointer: str
    value: Any


def places_of(where: Where, role: Role) -> tuple[Place, ...]:
    """Read pointers; `role` is whose words they are unless they say so themselves.

    Raises `ValueError` for what is no pointer, or no role.
    """
    if isinstance(where, str):
        where = (where,)
    given = where.items() if isinstance(where, Mapping) else [(pointer, role) for pointer in where]
    return tuple([_place(pointer, Role(said)) for pointer, said in given])


def _place(pointer: str, role: Role) -> Place:
    if (pointer and not pointer.startswith("/")) or "#" in pointer:
        raise ValueError(f"{pointer!r} is no JSON pointer: it is empty or begins with a slash")
    steps = split(pointer)
    name = next((item for item in reversed(steps) if item != _ANY), "")
    return Place(pointer, steps, role, name, reduce(step, steps, ""))


class Places:
    """Finds what stands at some places."""

    __slots__ = ("_all", "plain")

    def __init__(self, places: Sequence[Place]) -> None:
        self._all = places
        pointers = {place.spelled for place in places}
        any_of = any(_ANY in place.steps for place in places)
        self.plain = len(pointers) == len(places) and not any_of
        """Whether each names one value, and none the same as another."""

    def found_in(self, tree: Any) -> Iterable[Found]:
        """Return what stands at the places, each pointer once: of several places the first has it."""
        if not self.plain:
            return found_in(tree, self._all)
        found: list[Found] = []
        for place in self._all:
            value = tree
            for name in place.steps:
                if type(value) is not dict:
                    if type(value) is list:
                        return found_in(tree, self._all)
                    break
                if name not in value:
                    break
                value = value[name]
            else:
                found.append(_tuple(Found, (place, place.spelled, value)))
        return found


def found_in(tree: Any, places: Sequence[Place]) -> Iterator[Found]:
    """Yield what stands at the places, each pointer once: of several places the first has it."""
    seen: set[str] = set()
    for place in places:
        for pointer, value in _values(tree, place.steps, ""):
            if pointer not in seen:
                seen.add(pointer)
                yield Found(place, pointer, value)


def _values(value: Any, steps: tuple[str, ...], pointer: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield pointer, value
        return
    wanted, rest = steps[0], steps[1:]
    if wanted == _ANY:
        members = value.items() if isinstance(value, dict) else _elements(value)
        for key, item in members:
            yield from _values(item, rest, step(pointer, key))
    elif isinstance(value, dict) and wanted in value:
        yield from _values(value[wanted], rest, step(pointer, wanted))
    elif isinstance(value, list) and wanted.isdecimal() and int(wanted) < len(value):
        yield from _values(value[int(wanted)], rest, step(pointer, int(wanted)))


def _elements(value: Any) -> Iterator[tuple[int, Any]]:
    return enumerate(value) if isinstance(value, list) else iter(())
