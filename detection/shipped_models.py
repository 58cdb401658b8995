"""The models that ship with the package, as the tiers of a core."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .bands import Band, Bands
from .models.calibration import Windows
from .models.encoder import REACH as ENCODER_REACH
from .models.encoder import Encoder
from .models.linear import REACH as LINEAR_REACH
from .models.linear import LinearModel
from .models.scores import Scores
from .models.stacker import combine
from .models.thresholds import Thresholds, thresholds
from .tiers import ATTACK, HARMFUL, TOXIC, Opinion, Score
from .types import Tier

OVERLAP = 512
"""Characters that two parts of a long text have in common."""
PART = ENCODER_REACH // 4
"""Characters that tier 2 reads at a time: about a quarter of a second."""

_HEADS = (ATTACK, HARMFUL, TOXIC)
_NEVER = 2.0


class Linear:
    """Tier 1. Implements `TextModel`."""

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        self.version = f"linear-{model.digest[:12]}"

    @classmethod
    def load(cls) -> "Linear":
        """Return the model that ships. Raises `ModelMissing`."""
        return cls(LinearModel.load())

    def opinion(self, text: str) -> Opinion:
        """Judge a text of any length, in time that grows with it."""
        return opinion_of(self.version, self.scores(text))

    def scores(self, text: str) -> Scores:
        """Return the scores of a text."""
        if len(text) <= LINEAR_REACH:
            return self._model.score(text)
        return self._model.said([self.read(part) for part in parts(text, LINEAR_REACH)])

    def read(self, part: str) -> Windows:
        """Read a part of a text; `said` makes scores of all parts."""
        return self._model.raw(part)

    def said(self, readings: Sequence[Windows]) -> Scores:
        """Return the scores of a text from the readings of its parts."""
        return self._model.said(readings)


class Reading(NamedTuple):
    """What both models computed for the windows of a part of a text."""

    linear: Windows
    encoder: Windows


class Transformer:
    """Tier 2, in one thread: both models, and what they say together."""

    def __init__(self, linear: Linear, encoder: Encoder) -> None:
        self._linear = linear
        self._encoder = encoder
        self.version = f"encoder-{encoder.digest[:12]}"

    @classmethod
    def load(cls, threads: int = 1) -> "Transformer":
        """Return the models that ship. Raises `ModelMissing`."""
        return cls(Linear.load(), Encoder.load(threads))

    def opinion(self, text: str) -> Opinion:
        """Judge a text of any length, in time that grows with it."""
        began = time.thread_time()
        scores = self.said([self.read(part) for part in parts(text, PART)])
        return opinion_of(self.version, scores, time.thread_time() - began)

    def read(self, part: str) -> Reading:
        """Read a part of a text, of at most `PART` characters."""
        return Reading(self._linear.read(part), self._encoder.raw(part))

    def said(self, readings: Sequence[Reading]) -> Scores:
        """Return the scores of a text from the readings of its parts."""
        return combine(
            self._linear.said([reading.linear for reading in readings]),
            self._encoder.said([reading.encoder for reading in readings]),
        )


def opinion_of(model: str, scores: Scores, seconds: float = 0.0) -> Opinion:
    """Return scores as an opinion."""
    return Opinion(model, tuple(map(Score, _HEADS, scores)), seconds)


def parts(text: str, longest: int) -> Iterator[str]:
    """Yield a text in parts of at most so many characters, each of which begins before the last one's end."""
    yield text[:longest]
    for start in range(longest - OVERLAP, len(text) - OVERLAP, longest - OVERLAP):
        yield text[start : start + longest]


def shipped_bands() -> Bands:
    """Return what the scores of the models mean.

    The linear model alone is never sure enough to be grave: what it is certain of is of medium level.
    """
    bands: dict[tuple[Tier, str], Band] = {}
    names: Sequence[str] = ("prompt_attack", "harmful", TOXIC)
    for name, limits in zip(names, thresholds("linear"), strict=True):
        bands[Tier.LINEAR, name] = Band(limits.doubt, limits.at_1_percent, limits.certain, _NEVER)
    for name, limits in zip(names, thresholds("both"), strict=True):
        bands[Tier.TRANSFORMER, name] = _deep(limits)
    return bands


def _deep(limits: Thresholds) -> Band:
    return Band(limits.doubt, limits.at_2_percent, limits.at_1_percent, limits.certain)
