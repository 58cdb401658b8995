"""Plain JSON of an app's own at a glance, see `dialects.glance`: a text at each place, or nothing."""

from collections.abc import Sequence
from typing import Any

from ..dialects import Addressed, Asked
from ..dialects.glance import Glance, tree_of
from ..json_read import is_plain
from ..types import Role
from .places import Found, Places

_NOTHING = Asked()


class OwnGlance:
    """Reads the texts of bodies.

    Args:
        asked: where those of a request stand.
        answered: where those of an answer stand.
    """

    __slots__ = ("_answered", "_asked")

    def __init__(self, asked: Places, answered: Places) -> None:
        self._asked = asked
        self._answered = answered

    def request(self, body: bytes, addressed: Addressed) -> Glance | None:
        """Read a request; None where it is not plain."""
        found = _found(body, self._asked)
        if found is None:
            return None
        texts = [value for _, _, value in found if value]
        said = [value for place, _, value in found if value and place.role is Role.USER]
        return Glance(_NOTHING, texts, said)

    def answer(self, body: bytes) -> list[str] | None:
        """Read the texts of an answer; None where it is not plain."""
        found = _found(body, self._answered)
        return None if found is None else [value for _, _, value in found if value]


def _found(body: bytes, places: Places) -> Sequence[Found] | None:
    """Return what stands at the places; None where it is more than a text each, or the body is not plain."""
    tree: Any = tree_of(body)
    if tree is None:
        return None
    found = [*places.found_in(tree)]
    for _, _, value in found:
        if type(value) is not str:
            return None
    return found if is_plain(body, tree) else None
