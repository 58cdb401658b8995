"""How much work judging one payload may take: texts made to be dear must not keep a worker from all others.

Counted in steps of about a microsecond, never in time, so that a text is judged alike wherever it is. What
is left when the steps are used up is not looked at, and a receipt says so. Growing texts are not counted:
what is released of them must not depend on how they were cut, and their work is spread over their time.
"""

from threading import local
from types import TracebackType

TOO_DEAR = "too much work"
"""The reason a receipt names."""
SEARCH, MATCH = 6, 2
"""Steps of one search by an expression, and of one match where it begins, what surrounds them included."""
PAST = 9
"""Steps of looking past bytes are these shifted by so many."""
SCAN = 7
"""Steps of one scan for what gives rules away are its bytes shifted by so many."""
LINE = 8
"""Steps of one of several texts that rules, or signs of views, are in."""
PLACE = 1
"""Steps of one rule that may match in one of several texts."""
CHANNEL = 48
"""Steps of opening a text by itself."""
_FINDING = 12
"""Steps that one takes."""
_LEAST, _FOR_TEXT = 60_000, 2
"""Steps that any payload may take, and by how many its characters are shifted for those that it may take
beyond. Exports full of numbers that are none of what they resemble take three quarters of them."""
_EACH, _MOST_TEXTS = 64, 2048
"""Steps for each of so many texts: a batch of documents to embed holds no more."""
_LEAST_READ, _FOR_READINGS = 30_000, 4
"""The same of what one text reads as: prose about code, with code in it, takes a third more."""
_UNBOUNDED = 1 << 62


class _Effort(local):
    """What is left to the work of a thread."""

    left = _UNBOUNDED
    """Steps; below nought, none are."""
    findings = 0
    """Findings whose steps are given back."""

    def found(self) -> None:
        """Give back what a finding took: how many there may be is a bound of its own."""
        if self.findings > 0:
            self.findings -= 1
            self.left += _FINDING


effort = _Effort()


class Bounded:
    """Bounds the work done within; a function of the caller's that is asked there may judge other texts.

    Args:
        characters: how many are judged.
        findings: how many a policy allows for.
        texts: how many the characters stand in.
    """

    __slots__ = ("_before", "_findings", "_steps")

    def __init__(self, characters: int, findings: int, texts: int = 1):
        self._steps = _LEAST + (characters >> _FOR_TEXT) + _EACH * min(texts, _MOST_TEXTS)
        self._findings = findings

    def __enter__(self) -> None:
        self._before = effort.left, effort.findings
        effort.left = self._steps
        effort.findings = self._findings

    def __exit__(
        self, _type: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        effort.left, effort.findings = self._before


class Share:
    """Bounds the part of the work that goes into what a text reads as, where the whole is bounded.

    Args:
        characters: of the text.
    """

    __slots__ = ("_before", "_given", "_steps")

    def __init__(self, characters: int):
        self._steps = _LEAST_READ + (characters >> _FOR_READINGS)

    def __enter__(self) -> None:
        self._before = effort.left
        bounded = self._before <= _UNBOUNDED >> 1
        effort.left = self._given = min(self._before, self._steps) if bounded else self._before

    def __exit__(
        self, _type: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        effort.left += self._before - self._given
