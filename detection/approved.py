"""Looks up what a policy has to answer somebody who is blocked, in the place of a template."""

from collections.abc import Iterator, Sequence

from .categories import covers
from .judge import Ledger
from .policy import Policy
from .similar.subjects import Subjects
from .tenant import Knowledge
from .tiers import Ask, Doubt, Opinion
from .types import Action, Direction, Kind, Role, Segment, Tier

LONGEST = 2_000
"""Characters of a question that are compared, from its end."""
_NEAR = 0.5


def question_of(segments: Sequence[Segment]) -> str:
    """Return what a user asked last; empty where no user did."""
    asked = (item for item in reversed(segments) if item.role is Role.USER and item.kind is Kind.TEXT)
    return next((item.text[-LONGEST:] for item in asked), "")


class Search:
    """The search for one answer, base after base, until one knows the question.

    Args:
        policy: whose answers are looked through.
        ledger: of the direction that was blocked: its categories say which bases are asked.
        question: what the user asked.
    """

    __slots__ = ("_base", "_bases", "_policy", "_question", "answer")

    def __init__(self, policy: Policy, ledger: Ledger, question: str) -> None:
        self._policy = policy
        self._question = question
        self._bases = _bases(policy, ledger)
        self._base: Knowledge | None = None
        self.answer = ""
        """What was found; empty as long as nothing was."""

    @property
    def waits(self) -> bool:
        """Whether an ask is to be answered."""
        return self._base is not None

    def ask(self) -> Ask | None:
        """Return what is to be asked next; None where it is over."""
        self._base = None if self.answer or not self._question else next(self._bases, None)
        if self._base is None:
            return None
        rule = self._policy.tier(Tier.SIMILARITY)
        return Ask(Tier.SIMILARITY, (_doubt(self._question, self._base.subjects),), rule)

    def told(self, opinions: Sequence[Opinion]) -> None:
        """Take the answer to the last ask. Raises `ValueError` unless there is one opinion."""
        base, self._base = self._base, None
        if base is None or len(opinions) != 1:
            raise ValueError("an opinion is due")
        best = max(opinions[0].scores, key=lambda score: score.score, default=None)
        if best is None or not best.score >= _NEAR or opinions[0].unjudged:
            return
        number = best.category.rpartition(".")[2]
        if number.isdecimal() and int(number) < len(base.answers):
            self.answer = base.answers[int(number)]


def _bases(policy: Policy, ledger: Ledger) -> Iterator[Knowledge]:
    blocked = [item.finding.category for item in ledger.decided if item.action is Action.BLOCK]
    for base in policy.knowledge:
        if not base.categories or any(covers(name, found) for name in base.categories for found in blocked):
            yield base


def _doubt(question: str, subjects: Subjects) -> Doubt:
    return Doubt(
        question, Role.USER, Kind.TEXT, Direction.PROMPT, families=(), always=True, subjects=subjects
    )
