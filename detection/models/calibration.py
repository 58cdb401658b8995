"""From what a model computes to probabilities: a line for each head, fitted on texts that trained nothing."""

import tomllib
from collections.abc import Sequence
from math import exp
from typing import Any, NamedTuple, cast

from .scores import Scores
from .weights_file import weights

FILE = "calibration.toml"
_FAR = 30.0
"""Beyond this many log-odds a probability is as good as certain."""


class Line(NamedTuple):
    """Log-odds are `slope` times what the model computed, plus `offset` (J. Platt, 1999)."""

    slope: float
    offset: float

    def odds(self, value: float) -> float:
        """Return log-odds."""
        return max(min(self.slope * value + self.offset, _FAR), -_FAR)


def read() -> dict[str, Any]:
    """Return the calibration that belongs to the weights. Raises `ModelMissing`."""
    return tomllib.loads(weights(FILE).decode())


def lines(model: str) -> tuple[Line, Line, Line]:
    """Return the lines of the three heads of a model. Raises `ModelMissing`."""
    found = read()[model]
    return cast("tuple[Line, Line, Line]", tuple(Line(*found[head]) for head in Scores._fields))


def calibrated(raw: Sequence[float], by: Sequence[Line]) -> Scores:
    """Return the probabilities of three raw values."""
    return Scores(*(1 / (1 + exp(-line.odds(value))) for value, line in zip(raw, by, strict=True)))
