"""Plain JSON of an app's own at a glance, see `dialects.glance`: a text at each place, or nothing."""

from collections.abc import Sequence
from typing import Any

from ..dialects import Addressed, Asked
from ..dialects.glance import Glance, tree_of
from ..json_read import is_plain
from ..types import Role
from .places import Place

_NOTHING = Asked()
_ABSENT = object()


class OwnGlance:
    """Reads the texts of bodies.

    Args:
        asked: where those of a request stand.
        answered: where those of an answer stand; each place, here and there, names one value.
    """

    __slots__ = ("_answered", "_asked", "_foreign", "_said")

    def __init__(self, asked: Sequence[Place], answered: Sequence[Place]) -> None:
        self._asked = [place.steps for place in asked]
        self._answered = [place.steps for place in answered]
        said = [place.steps for place in asked if place.role is Role.USER]
        self._said = None if len(said) == len(asked) else said
        """Those of a user's words, where there are others."""
        self._foreign = any(place.role in (Role.TOOL, Role.RETRIEVED) for place in asked)

    def request(self, body: bytes, addressed: Addressed) -> Glance | None:
        """Read a request; None where it is not plain."""
        tree = tree_of(body)
        if tree is None or (texts := _texts(tree, self._asked)) is None or not is_plain(body, tree):
            return None
        said = texts if self._said is None else _texts(tree, self._said) or []
        return Glance(_NOTHING, texts, said, self._foreign)

    def answer(self, body: bytes) -> list[str] | None:
        """Read the texts of an answer; None where it is not plain."""
        tree = tree_of(body)
        if tree is None or (texts := _texts(tree, self._answered)) is None or not is_plain(body, tree):
            return None
        return texts


def _texts(tree: Any, places: Sequence[Sequence[str]]) -> list[str] | None:
    """Return the texts at some places; None where there stands anything else, or a list on the way."""
    texts: list[str] = []
    for steps in places:
        value = tree
        for name in steps:
            if type(value) is not dict:
                if type(value) is list:
                    return None
                value = _ABSENT
                break
            value = value.get(name, _ABSENT)
        if type(value) is str:
            if value:
                texts.append(value)
        elif value is not _ABSENT:
            return None
    return texts
