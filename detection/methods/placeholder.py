"""The placeholder: a value goes out under another name and comes back in the answer."""

from dataclasses import dataclass
from typing import ClassVar

from .base import Given, plain_label


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Stands for a value until the answer comes; the exchange's `vault` makes it and puts it back.

    Where nothing can be put back - in an answer, or when the policy does not restore - it is a label.
    """

    name: ClassVar[str] = "placeholder"

    def replace(self, given: Given) -> str:
        """Return what stands there when nothing can be put back."""
        return plain_label(given)
