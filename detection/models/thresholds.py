"""When a score is enough to act on, and when it leaves doubt: data that belongs to the weights."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .scores import Scores

FILE = Path(__file__).parent / "thresholds.toml"


class Thresholds(NamedTuple):
    """Thresholds of one head.

    Attributes:
        at_1_percent: reached by 1 % of ordinary texts.
        at_2_percent: reached by 2 % of them.
        doubt: from where on it leaves doubt: for tier 1 reached by 5 % of ordinary texts, else by 1 %.
        certain: from where on it leaves none.
    """

    at_1_percent: float
    at_2_percent: float
    doubt: float
    certain: float


@cache
def thresholds(model: str) -> tuple[Thresholds, Thresholds, Thresholds]:
    """Return the thresholds of the heads in the order of `Scores`, for "linear", "encoder" or "both"."""
    found = tomllib.loads(FILE.read_text())[model]
    attack, harmful, toxic = (Thresholds(**found[head]) for head in Scores._fields)
    return attack, harmful, toxic


def doubt(scores: Scores) -> bool:
    """Whether what tier 1 says leaves doubt that tier 2 is worth asking for."""
    return any(
        limits.doubt <= value < limits.certain
        for value, limits in zip(scores, thresholds("linear"), strict=True)
    )
