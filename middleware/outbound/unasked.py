"""Slow tiers, of which a program has none: what they were to be asked is listed as unjudged."""

from ...detection.inspection import Decision, Inspection
from ...detection.tiers import nothing_known

_NOBODY = "none"


def unasked(inspection: Inspection, decision: Decision) -> Decision:
    """Return a decision that stands though nobody was asked; the policy's fail modes say what that means."""
    while decision.ask is not None:
        decision = inspection.settle(nothing_known(decision.ask.doubts, _NOBODY, "not installed"))
    return decision
