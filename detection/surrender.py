"""Going on with a streamed answer whose judging failed, where a program wants that rather than an error."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from .dialects import Slot


class Held(NamedTuple):
    """What came of a stream and did not leave: the beginning of an event, ends of texts, whole frames.

    Of `frames`, which may grow, the first `waiting` were held.
    """

    unfinished: bytes = b""
    texts: tuple[tuple[Slot, str], ...] = ()
    frames: Sequence[bytes] = ()
    waiting: int = 0


@runtime_checkable
class Surrenders(Protocol):
    """A stream guard that can give up judging."""

    def held(self) -> Held:
        """Return what is held now; ask before each step, for a step that fails tells nothing."""
        ...

    def surrender(self, held: Held) -> bytes:
        """Return as it came what was held before the step that failed; the bytes of that step follow it."""
        ...
