"""A fixed text in place of a value."""

from dataclasses import dataclass
from typing import ClassVar

from .base import Given, plain_label

LONGEST = 256
"""Characters of a text."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same text for every value; ``{label}`` and ``{category}`` in it are filled in."""

    text: str
    name: ClassVar[str] = "text"

    def __post_init__(self) -> None:
        """Raise `ValueError` for a text that is too long."""
        if not 0 < len(self.text) <= LONGEST:
            raise ValueError(f"text must have 1 to {LONGEST} characters")

    def replace(self, given: Given) -> str:
        """Return the text."""
        text = self.text.replace("{label}", given.label).replace("{category}", given.category)
        return plain_label(given) if given.value in text else text
