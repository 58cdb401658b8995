"""What detection says about one labelled text."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from ...detection.inspection import Inspector
from ...detection.models.name import KINDS as NAME_KINDS
from ...detection.policy import Clause, Policy
from ...detection.texts import Text
from ...detection.types import Action, Direction, Finding, Principal, Role
from .rows import Marked, Row
from .span_types import SpanTypes, type_of

_ALL = Policy("evaluation", (Clause(Action.FLAG),))
"""Nothing is blocked, so that nothing behind a block is missed, and nothing is left out."""
_NAMES_TOO = replace(_ALL, names=NAME_KINDS)
_NOBODY = Principal("", "", "evaluation", "")
_DIGITS = 4


class Hit(NamedTuple):
    """A rule that fired in a text, its family and the highest score it gave."""

    rule: str
    category: str
    score: float


class Outcome(NamedTuple):
    """What was found in one text: its score, the rules that fired, and spans by type."""

    score: float
    hits: tuple[Hit, ...]
    spans: tuple[Marked, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of detection.

    Attributes:
        families: those whose findings count; empty means all.
        direction: which way the texts travel.
        role: whose words they are.
        types: what the types of marked spans are called here.
        names: the model of names reads along.
    """

    families: frozenset[str]
    direction: Direction
    role: Role
    types: SpanTypes = field(repr=False)
    names: bool = False


class Judging(Protocol):
    """Says what is found in one labelled text."""

    def judge(self, row: Row) -> Outcome:
        """Return what is found in a text. Raises `BadInput`: it cannot be judged."""
        ...


class Judge:
    """Judges labelled texts, one at a time, with the core as it is shipped."""

    def __init__(self, inspector: Inspector, question: Question):
        self._inspector = inspector
        self._question = question

    def judge(self, row: Row) -> Outcome:
        """Return what is found in a text. Raises `BadInput`: it cannot be judged."""
        found = [item for item in self._findings(row.text) if self._counts(item)]
        best: dict[str, Hit] = {}
        for item in found:
            hit = Hit(item.rule, item.category, round(item.score, _DIGITS))
            best[item.rule] = max(hit, best.get(item.rule, hit), key=_score)
        spans = tuple(_spans(found, self._question.types)) if row.spans else ()
        return Outcome(max(map(_score, best.values()), default=0.0), tuple(best.values()), spans)

    def _findings(self, text: str) -> Collection[Finding]:
        inspection = self._inspector.texts(_NAMES_TOO if self._question.names else _ALL, _NOBODY)
        given = [Text(text, self._question.role)]
        if self._question.direction is Direction.PROMPT:
            return inspection.prompt(given).verdict.findings
        return inspection.answer(given).verdict.findings

    def _counts(self, finding: Finding) -> bool:
        return not self._question.families or finding.family in self._question.families


def _score(hit: Hit) -> float:
    return hit.score


def _spans(found: Collection[Finding], types: SpanTypes) -> list[Marked]:
    named = [(type_of(item.category, types), item.span) for item in found]
    return [Marked(span.start, span.end, kind) for kind, span in named if kind]
