"""Adding up the weights of a text's features, by windows: what takes time in the linear model."""

from typing import Protocol

Sums = tuple[int, int, int, int]
"""Of one window: the sum of the weights for each head, and the number of features."""


class Summing(Protocol):
    """Holds the weights."""

    def sums(self, text: bytes) -> list[Sums]:
        """Return what each window of a plain text comes to; nothing where it has no features.

        Args:
            text: in UTF-8, of which `hashing.MOST_BYTES` are read.
        """
        ...
