"""A test that a policy carries along: a text, and what must become of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from .types import Action, Direction, Kind, Role

LONGEST = 16_384
"""Characters of a text."""
MOST = 1_000
"""Tests of one policy."""


class Expected(StrEnum):
    """What must become of the text of a test."""

    BLOCK = "must_block"
    MASK = "must_mask"
    """Masked or replaced."""
    PASS = "must_pass"  # noqa: S105 - no password
    """Neither blocked nor changed; flagged it may be."""

    def holds(self, action: Action) -> bool:
        """Say whether an action is what was expected."""
        if self is Expected.PASS:
            return action < Action.MASK
        return (action is Action.BLOCK) is (self is Expected.BLOCK) and action >= Action.MASK


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `name` is the field or tool argument that the text stands under."""

    expected: Expected
    text: str = field(repr=False)
    role: Role = Role.USER
    kind: Kind = Kind.TEXT
    direction: Direction = Direction.PROMPT
    name: str = ""
