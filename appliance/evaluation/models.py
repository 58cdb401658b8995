"""The core together with the small models: what tiers 0 to 2 say of a text when all of them read it."""

from ...detection.models.encoder import Encoder
from ...detection.models.linear import LinearModel
from ...detection.models.scores import Scores
from ...detection.models.stacker import combine
from ...detection.tiers import ATTACK, HARMFUL, TOXIC
from .outcome import Hit, Judging, Outcome, Question
from .rows import Row
from .which_models import Models

_CATEGORIES = (ATTACK, HARMFUL, TOXIC)
_DIGITS = 4


class WithModels:
    """Judges like another, and lets the models score every text: none is spared for being clear already.

    Both models are loaded when the first text is judged, so that each process has its own.
    """

    def __init__(self, judge: Judging, question: Question, which: Models):
        self._judge = judge
        self._families = question.families
        self._which = which
        self._loaded: tuple[LinearModel, Encoder] | None = None

    def judge(self, row: Row) -> Outcome:
        """Return what is found in a text. Raises `BadInput`: it cannot be judged; `ModelMissing`."""
        found = self._judge.judge(row)
        hits = [
            Hit(f"{self._which}_{head}", category, round(score, _DIGITS))
            for head, category, score in zip(Scores._fields, _CATEGORIES, self._scores(row.text), strict=True)
            if not self._families or category.partition(".")[0] in self._families
        ]
        score = max([found.score, *(hit.score for hit in hits)])
        return Outcome(score, (*found.hits, *hits), found.spans)

    def _scores(self, text: str) -> Scores:
        if self._loaded is None:
            self._loaded = LinearModel.load(), Encoder.load()
        linear, encoder = self._loaded
        if self._which is Models.LINEAR:
            return linear.score(text)
        (second,) = encoder.score([text])
        return second if self._which is Models.ENCODER else combine(linear.score(text), second)
