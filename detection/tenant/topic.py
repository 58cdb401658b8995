"""What a tenant wants found by what it is about, and what it wants answered in its own words."""

from dataclasses import dataclass, field
from functools import cached_property

from ..similar.subjects import Subject, Subjects
from ..types import Direction, Level

ANSWER = "answer"
"""Family of the subjects that stand for approved answers; never one of a finding."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by a few examples; a text near one of them is found as ``topic.<name>``.

    `least` is the similarity from which on a text is near, 0 to 1; 0 leaves it to whoever compares.
    """

    name: str
    examples: tuple[str, ...] = field(repr=False)
    level: Level = Level.HIGH
    least: float = 0.0
    directions: tuple[Direction, ...] = (Direction.PROMPT, Direction.ANSWER)

    @property
    def subject(self) -> Subject:
        """What a text is compared with."""
        return Subject(f"topic.{self.name}", self.examples, self.level, self.least)


@dataclass(frozen=True)
class Knowledge:
    """Approved answers: who asks something like `questions[n]`, and is blocked, reads `answers[n]`.

    `categories` are those of blocks for which it is asked; empty stands for every block.
    """

    name: str
    categories: tuple[str, ...]
    questions: tuple[str, ...] = field(repr=False)
    answers: tuple[str, ...] = field(repr=False)
    least: float = 0.0

    @cached_property
    def subjects(self) -> Subjects:
        """The questions, each a subject named by its number."""
        return Subjects(
            Subject(f"{ANSWER}.{number}", (question,), Level.NONE, self.least)
            for number, question in enumerate(self.questions)
        )
