"""What texts are compared with."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..types import Level


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that a text may be about.

    Attributes:
        category: what a text near to it is said to be of.
        examples: texts that are about it, at least one.
        level: how grave such a text is.
        least: from which similarity on, 0 to 1, a text is near; 0 leaves it to who compares.
    """

    category: str
    examples: tuple[str, ...] = field(repr=False)
    level: Level = Level.NONE
    least: float = 0.0


class Subjects:
    """Several subjects that texts are compared with at once. `digest` names their exact content."""

    __slots__ = ("digest", "items")

    def __init__(self, items: Iterable[Subject]) -> None:
        self.items = tuple(items)
        state = hashlib.blake2b(digest_size=16)
        for item in self.items:
            spelled = (item.category, f"{item.level}", f"{item.least}", *item.examples)
            for text in spelled:
                encoded = text.encode("utf-8", "surrogatepass")
                state.update(b"%d:" % len(encoded) + encoded)
            state.update(b";")
        self.digest = state.hexdigest()

    def __repr__(self) -> str:
        """Tell how many there are."""
        return f"Subjects({len(self.items)})"

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, Subjects) and other.digest == self.digest

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self.digest)
