"""What the model of names finds; in a file of its own, for the model brings a library."""

from typing import NamedTuple

KINDS = ("person", "organization", "address")


class Name(NamedTuple):
    """A name in the half-open range ``[start, end)`` of characters."""

    kind: str
    start: int
    end: int
    sure: bool
    """Whether it is at least as probable as `names.SURE`, not as `names.LIKELY` alone."""
