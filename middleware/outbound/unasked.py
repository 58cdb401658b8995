"""Slow tiers: those of the program's own process are asked; what nobody can be asked is unjudged."""

from collections.abc import Callable, Sequence

from ...detection.inspection import Decision, Inspection
from ...detection.tiers import Ask, Opinion, nothing_known

_NOBODY = "none"

type Asks = Callable[[Ask], Sequence[Opinion]]
"""Returns an opinion for each doubt, in order; may take long."""


def nobody(ask: Ask) -> Sequence[Opinion]:
    """Return opinions that tell nothing; the policy's fail modes say what that means."""
    return nothing_known(ask.doubts, _NOBODY, "not installed")


def unasked(inspection: Inspection, decision: Decision, asks: Asks = nobody) -> Decision:
    """Return a decision that stands, whoever could be asked."""
    while decision.ask is not None:
        decision = inspection.settle(asks(decision.ask))
    return decision
