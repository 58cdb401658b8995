"""The small models reading along: their scores count like those of rules."""

from collections.abc import Sequence

import pytest

from sluicegate.appliance.evaluation import models
from sluicegate.appliance.evaluation.heads import Side, side
from sluicegate.appliance.evaluation.models import WithModels
from sluicegate.appliance.evaluation.outcome import Hit, Outcome, Question
from sluicegate.appliance.evaluation.rows import Row
from sluicegate.appliance.evaluation.which_models import Models
from sluicegate.detection.models.scores import Scores
from sluicegate.detection.types import Direction, Role

ROW = Row("some text", True, "jailbreak", "", ())


class _Rules:
    def judge(self, row: Row) -> Outcome:
        return Outcome(0.5, (Hit("a_rule", "prompt_attack.override", 0.5),), ())


class _Linear:
    digest = "1"

    @classmethod
    def load(cls) -> "_Linear":
        return cls()

    def score(self, text: str) -> Scores:
        return Scores(0.9, 0.2, 0.1)


class _Encoder:
    digest = "2"

    @classmethod
    def load(cls) -> "_Encoder":
        return cls()

    def score(self, texts: Sequence[str]) -> list[Scores]:
        return [Scores(0.3, 0.8, 0.4) for _ in texts]


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "LinearModel", _Linear)
    monkeypatch.setattr(models, "Encoder", _Encoder)
    monkeypatch.setattr(models, "combine", lambda one, other: Scores(*map(max, one, other)))


@pytest.mark.parametrize(
    ("which", "families", "score", "rules"),
    [
        (Models.LINEAR, {"prompt_attack"}, 0.9, ["a_rule", "linear_attack"]),
        (Models.ENCODER, {"prompt_attack"}, 0.5, ["a_rule", "encoder_attack"]),
        (Models.ENCODER, {"harmful"}, 0.8, ["a_rule", "encoder_harmful", "encoder_toxic"]),
        (Models.BOTH, set(), 0.9, ["a_rule", "both_attack", "both_harmful", "both_toxic"]),
        (Models.BOTH, {"secret"}, 0.5, ["a_rule"]),
    ],
)
def test_scores_of_the_families_asked_for_count(
    which: Models, families: set[str], score: float, rules: list[str]
) -> None:
    question = Question(frozenset(families), Direction.PROMPT, Role.USER, {})
    found = WithModels(_Rules(), question, which).judge(ROW)
    assert found.score == score
    assert [hit.rule for hit in found.hits] == rules


def test_requests_for_harm_are_the_task_of_the_harmful_family() -> None:
    for category in ("harmful_request", "harmful_response", "toxicity", "policy_violation"):
        assert side(Row("x", True, category, "", ()), {"harmful"}) is Side.POSITIVE
        assert side(Row("x", True, category, "", ()), {"prompt_attack"}) is Side.OTHER
