"""What a view is: it reads a text another way and knows where every character came from."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from ..automaton import Automaton


class Reading(Protocol):
    """A text as a view reads it."""

    @property
    def text(self) -> str:
        """The characters that are read."""
        ...

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original range that a range of the reading, not empty, came from."""
        ...

    def touched(self, start: int, end: int) -> bool:
        """Say whether a range of the reading holds anything that the original does not spell."""
        ...


class View(NamedTuple):
    """A way to read texts.

    `read` gives None where a text reads as it stands; it is linear in the text. A `guess` reads
    any text at all as something: only rules that a fixed word gives away are believed there. What
    a `lossy` view reads is no value any more: only rules about words are believed, and it is not read
    any further. What `proves` spells nothing by accident, so what it holds is believed even inside a guess.
    `toil` is what reading costs beside what is read: so many readings as long as the text.
    What one view that `settles` reads is not read again through any of them: that shows nothing new.
    """

    name: str
    read: Callable[[str], Reading | None]
    guess: bool = False
    lossy: bool = False
    proves: bool = False
    settles: bool = False
    toil: int = 0


def guard(pattern: str) -> Callable[[str], bool]:
    """Return what says quickly whether an expression, in RE2's syntax, occurs in a text."""
    automaton = Automaton(pattern)
    return lambda text: automaton.search(text.encode("utf-8", "replace"), 0) is not None


class Same:
    """A reading whose characters stand for one of the original each."""

    __slots__ = ("_original", "text")

    def __init__(self, original: str, text: str):
        self._original = original
        self.text = text

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range itself."""
        return start, end

    def touched(self, start: int, end: int) -> bool:
        """Say whether the original differs there."""
        return self._original[start:end] != self.text[start:end]
