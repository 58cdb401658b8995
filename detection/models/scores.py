"""What a model says about a text."""

from typing import NamedTuple


class Scores(NamedTuple):
    """Calibrated probabilities, 0 to 1. A tuple, because the hot path makes one for each text.

    Attributes:
        attack: the text attacks the model that reads it: injection, jailbreak, prompt extraction.
        harmful: the text asks for something harmful.
        toxic: the text insults, threatens or degrades.
    """

    attack: float
    harmful: float
    toxic: float


NOTHING = Scores(0.0, 0.0, 0.0)
"""Scores of a text without words."""
