"""Nothing in place of a value."""

from dataclasses import dataclass
from typing import ClassVar

from .base import Given


@dataclass(frozen=True, slots=True)
class Drop:
    """Removes the value; what stood around it moves together."""

    name: ClassVar[str] = "drop"

    def replace(self, given: Given) -> str:
        """Return nothing."""
        return ""
