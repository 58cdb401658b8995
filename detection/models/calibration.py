"""From what a model computes to probabilities: a line for each head, fitted on texts that trained nothing."""

import tomllib
from collections.abc import Iterable, Sequence
from itertools import chain
from math import exp
from typing import Any, NamedTuple, cast

from .scores import NOTHING, Scores
from .weights_file import weights
from .windows import standing

FILE = "calibration.toml"
_FAR = 30.0
"""Beyond this many log-odds a probability is as good as certain."""

Windows = Sequence[Sequence[float]]
"""What a model computed for each head and, within, for each window; nothing for a text without words."""


class Line(NamedTuple):
    """Log-odds are `slope` times what the model computed, plus `offset` (J. Platt, 1999)."""

    slope: float
    offset: float

    def odds(self, windows: Sequence[float]) -> float:
        """Return the log-odds of a text from what was computed for each of its windows."""
        # Most texts are one window, which stands for itself.
        one = len(windows) == 1
        text = self.slope * windows[0] if one else standing([self.slope * value for value in windows])
        return max(min(text + self.offset, _FAR), -_FAR)


def read() -> dict[str, Any]:
    """Return the calibration that belongs to the weights. Raises `ModelMissing`."""
    return tomllib.loads(weights(FILE).decode())


def lines(model: str) -> tuple[Line, Line, Line]:
    """Return the lines of the three heads of a model. Raises `ModelMissing`."""
    found = read()[model]
    return cast("tuple[Line, Line, Line]", tuple(Line(*found[head]) for head in Scores._fields))


def calibrated(raw: Windows, by: Sequence[Line]) -> Scores:
    """Return the scores of a text from what was computed for its windows."""
    if not raw:
        return NOTHING
    return Scores(*[1 / (1 + exp(-line.odds(windows))) for windows, line in zip(raw, by, strict=True)])


def joined(parts: Iterable[Windows]) -> Windows:
    """Return the windows of a text from those of its parts."""
    return [list(chain(*windows)) for windows in zip(*filter(None, parts), strict=True)]
