"""Whether twice a text takes little more than twice the time.

Processor time, without the garbage collector, the two measured by turns: other programs disturb some
measurements, what grows too fast does so in all. So the least of many counts, and the first pair that
holds is enough.
"""

import gc
import time

from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import TextScan

_MEASUREMENTS = 20
"""At most."""
_MOST = 2.2
_SLACK = 0.005
"""Seconds of processor time that a clock and other programs may add."""


def seconds(ruleset: Ruleset, text: str, *, whole: bool) -> float:
    """Measure one look at a text."""
    gc.collect(0)
    gc.disable()  # its steps come when a number of objects is reached
    began = time.process_time()
    TextScan(ruleset, whole=whole).look(text, final=True)
    taken = time.process_time() - began
    gc.enable()
    return taken


def grows_little(ruleset: Ruleset, text: str, *, whole: bool) -> bool:
    """Say whether twice the text takes at most 2.2 times the time."""
    once = twice = float("inf")
    for _ in range(_MEASUREMENTS):
        once = min(once, seconds(ruleset, text, whole=whole))
        twice = min(twice, seconds(ruleset, text * 2, whole=whole))
        if twice <= _MOST * once + _SLACK:
            return True
    return False
