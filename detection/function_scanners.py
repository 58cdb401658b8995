"""Scanners of a caller's own: functions that find spans in a text, judged like rules.

They see every text that rules see - plain and as its views read it, tool arguments value by value -
and what they find goes to the same judge, under the same policy. A function says nothing about what
a beginning of a text may become, so texts are given to it whole.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .errors import BadRule
from .types import Action, Direction, Level

EVERYWHERE = (Direction.PROMPT, Direction.ANSWER)

_NAME = re.compile(r"[a-z][a-z0-9_]{1,60}")
CATEGORY = re.compile(r"[a-z]+(?:_[a-z]+)*(?:\.[a-z0-9_]+)+")
_LABEL = re.compile(r"[A-Z][A-Za-z]{1,11}")


class Found(NamedTuple):
    """A span ``[start, end)`` of characters a function found; what it leaves out its scanner says."""

    start: int
    end: int
    category: str = ""
    level: Level | None = None
    score: float = 0.0
    """How sure it is, above 0 and at most 1."""


type Find = Callable[[str], Iterable[Found | tuple[int, int]]]
"""Finds spans in a text. May be called for several readings of one text, from several threads."""


@dataclass(frozen=True, slots=True)
class FunctionScanner:
    """A function as a scanner.

    `category` is ``custom.`` and the name unless given; a policy decides by it. `action` decides
    instead of the policy. `label` names what is masked. `fail` says what becomes of a text the
    function did not get through: ``open`` lists it as unjudged, and the policy decides; ``closed``
    blocks.

    Raises:
        BadRule: the name, category or label has no usable form.
    """

    name: str
    find: Find = field(repr=False)
    category: str = ""
    level: Level = Level.HIGH
    label: str = "Custom"
    directions: tuple[Direction, ...] = EVERYWHERE
    fail: Literal["open", "closed"] = "open"
    action: Action | None = None

    def __post_init__(self) -> None:
        if not self.category:
            object.__setattr__(self, "category", f"custom.{self.name}")
        for what, form in (("name", _NAME), ("category", CATEGORY), ("label", _LABEL)):
            if not form.fullmatch(getattr(self, what)):
                raise BadRule(f"scanner {self.name}: {what} has no usable form")
        if self.fail not in ("open", "closed"):
            raise BadRule(f"scanner {self.name}: fail must be open or closed")
