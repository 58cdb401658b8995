"""What is judged, but for what models are asked about it."""

from typing import Any, NamedTuple

from .judge import Ledger
from .types import Direction


class Pending(NamedTuple):
    """A body that waits for the models' word, and what it will be forwarded as."""

    direction: Direction
    ledger: Ledger
    forwarded: bytes
    original: Any = None
    """The tree of an answer."""
