"""What the windows of a text come to."""

from collections.abc import Sequence
from math import exp, log

SPREAD = 1.5
"""How much it counts that a window stands alone."""
MOST = log(8)
"""Beyond eight windows more of them change nothing: an attack cannot be drowned in text."""


def standing(odds: Sequence[float]) -> float:
    """Return the log-odds of a text, from those of its windows: the highest, less what chance explains of it.

    Of many windows one stands out by chance. How far the highest stands above the mean of all (of odds, not
    log-odds) is taken off it `SPREAD` times, up to `MOST`: nothing where a text is alike throughout.
    """
    top = max(odds)
    if len(odds) == 1:
        return top
    mean = log(sum([exp(value - top) for value in odds]) / len(odds))
    return top + SPREAD * max(mean, -MOST)
