"""How many findings one direction of an exchange may hold.

Each takes some microseconds to find, to judge and to replace, and a megabyte holds tens of thousands. So
a policy sets a bound (`Policy.max_findings`). Those that act are counted apart from those that an
exception or the user's own prompt spares, from those that are only told, and from those that pass. What
would act beyond the bound stops everything: half a text is never masked. What is told beyond it is not
listed, and the receipt says so.
"""

from enum import IntEnum

from .types import Action, Decided

CROWDED = "too many findings"
"""The reason a receipt names."""
MOST_FINDINGS = 5_000
"""The bound of a policy that sets none: some 80 ms of one core for what is found."""
MOST_ALLOWED = 1_000_000
"""The highest bound that a policy can set."""


class Weight(IntEnum):
    """What a finding counts as; the index of its count."""

    ACTS = 0
    SPARED = 1
    TOLD = 2
    PASSES = 3


def weight(decided: Decided) -> Weight:
    """Return what a finding counts as."""
    finding, action = decided
    if action >= Action.MASK:
        return Weight.ACTS
    if finding.allowed or finding.known:
        return Weight.SPARED
    return Weight.PASSES if action is Action.PASS else Weight.TOLD


def most_matches(bound: int, *, spares: bool) -> int:
    """Return how many matches of one rule must be known to tell whether there are too many.

    Args:
        bound: how many may act, and how many may be spared.
        spares: whether any may be.
    """
    return bound * (2 if spares else 1) + 1
