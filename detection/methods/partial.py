"""A part of a value: its beginning and its end, for people who know it anyway."""

from dataclasses import dataclass
from typing import ClassVar

from .base import Given, plain_label

MOST = 32
"""Characters kept at one end."""


@dataclass(frozen=True, slots=True)
class Partial:
    """``************1111``: keeps `prefix` and `suffix` characters and writes `mark` for each other one.

    Never more than half of a value is kept; of a shorter one nothing is.
    """

    prefix: int = 0
    suffix: int = 4
    mark: str = "*"
    name: ClassVar[str] = "partial"

    def __post_init__(self) -> None:
        """Raise `ValueError` for options that cannot be."""
        if not (0 <= self.prefix <= MOST and 0 <= self.suffix <= MOST):
            raise ValueError(f"prefix and suffix must be 0 to {MOST}")
        if len(self.mark) != 1 or not self.mark.isprintable():
            raise ValueError("mark must be one visible character")

    def replace(self, given: Given) -> str:
        """Return the value with its middle covered."""
        value, kept = given.value, self.prefix + self.suffix
        if 2 * kept > len(value):
            return self.mark * len(value) if value.strip(self.mark) else plain_label(given)
        covered = value[: self.prefix] + self.mark * (len(value) - kept) + value[len(value) - self.suffix :]
        return plain_label(given) if covered == value else covered
