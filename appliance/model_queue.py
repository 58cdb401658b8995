"""The line in front of a model: texts in parts, the short ones not behind the long ones."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_TEXTS = 1024
MOST_CHARACTERS = 32 << 20
"""What may wait; who comes then is told that the model is busy."""
LENGTHS = (256, 1024, 4096)
"""Characters left to read up to which a text stands in the first line, the second, the third; all else in
the last. Every line gets its turn, so nothing waits for ever."""


@dataclass(slots=True, eq=False)
class Job:
    """One text that waits to be judged.

    Attributes:
        parts: what is left to read of it.
        until: when nobody wants to know any more, by the clock of the queue.
        scores: what the parts came to so far.
        answer: is called with the outcome.
        seconds: processor time it took so far.
        gone: nobody wants to know.
    """

    parts: Sequence[str] = field(repr=False)
    until: float
    answer: Callable[["Job", str], None] = field(repr=False)
    scores: list[Any] = field(default_factory=list)
    seconds: float = 0.0
    gone: bool = False

    @property
    def left(self) -> int:
        """Characters that are left to read."""
        return sum(map(len, self.parts))


class ModelQueue:
    """Jobs by length; each line in turn gives its first."""

    def __init__(self) -> None:
        self._lines: list[deque[Job]] = [deque() for _ in range(len(LENGTHS) + 1)]
        self._turn = 0
        self._texts = 0
        self._characters = 0

    def __len__(self) -> int:
        return self._texts

    def add(self, job: Job) -> bool:
        """Take a job; False where too much waits."""
        size = job.left
        if self._texts >= MOST_TEXTS or self._characters + size > MOST_CHARACTERS:
            return False
        self._put(job, size)
        return True

    def put_back(self, job: Job) -> None:
        """Take a job again that is not done."""
        self._put(job, job.left)

    def next(self, now: float) -> Job | None:
        """Return the next job that somebody still waits for; those that came too late are told so."""
        while self._texts:
            line = self._lines[self._turn]
            self._turn = (self._turn + 1) % len(self._lines)
            if not line:
                continue
            job = line.popleft()
            self._texts -= 1
            self._characters -= job.left
            if job.gone:
                continue
            if now < job.until:
                return job
            job.answer(job, "deadline")
        return None

    def _put(self, job: Job, size: int) -> None:
        line = sum(size > length for length in LENGTHS)
        self._lines[line].append(job)
        self._texts += 1
        self._characters += size
