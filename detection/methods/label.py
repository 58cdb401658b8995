"""The label: what kind of value stood there."""

from dataclasses import dataclass
from typing import ClassVar

from .base import Given, plain_label


@dataclass(frozen=True, slots=True)
class Label:
    """``[Email]``."""

    name: ClassVar[str] = "label"

    def replace(self, given: Given) -> str:
        """Return the label."""
        return plain_label(given)
