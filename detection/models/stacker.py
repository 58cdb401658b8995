"""What both models say together: a logistic regression over their log-odds."""

from functools import cache
from math import exp, log

from .calibration import read
from .scores import Scores

_LEAST = 1e-9


@cache
def _weights() -> tuple[tuple[float, ...], ...]:
    found = read()["stacker"]
    return tuple(tuple(map(float, found[head])) for head in Scores._fields)


def combine(linear: Scores, encoder: Scores) -> Scores:
    """Return the scores of a text that both models read. Raises `ModelMissing`."""
    odds = [_odds(value) for value in (*linear, *encoder)]
    return Scores(*(_probability(own, odds) for own in _weights()))


def _probability(own: tuple[float, ...], odds: list[float]) -> float:
    offset, *slopes = own
    return 1 / (1 + exp(-offset - sum(slope * value for slope, value in zip(slopes, odds, strict=True))))


def _odds(value: float) -> float:
    value = max(min(value, 1 - _LEAST), _LEAST)
    return log(value / (1 - value))
