"""Guards that are asked about one thing at a time and say yes or no."""

import re

from .chat import Answered
from .likelihood import likelihoods
from .passage import OTHER, Call, Reading, Unreadable


def read_yes(call: Call, answer: Answered, verdict: re.Pattern[str]) -> Reading:
    """Return how likely yes is, for each tag the call asks about.

    Args:
        call: its `tags` are what a yes stands for.
        answer: what the model said.
        verdict: fits all of it, the word in a group ``label``.

    Raises:
        Unreadable: it does not fit.
    """
    found = verdict.fullmatch(answer.content)
    if found is None:
        raise Unreadable("no verdict")
    share = likelihoods(answer, found, ("yes", "no"))["yes"]
    asked = call.passage.asked
    return {tag: share for tag in call.tags if tag in asked or tag == OTHER}
