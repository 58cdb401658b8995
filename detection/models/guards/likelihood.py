"""How sure a guard was: the probabilities of its labels at the token that decided.

A model that says ``unsafe`` with 51 % says the same word as one with 99 %; the log-probabilities tell them
apart. As ShieldGemma's model card does, the labels' probabilities are set in proportion to each other.
"""

import math
import re
from collections.abc import Sequence

from .chat import Answered, Token

_QUOTES = " \t\r\n\"'*`:{>"


def likelihoods(answer: Answered, found: re.Match[str], labels: Sequence[str]) -> dict[str, float]:
    """Return how likely each label is, 0 to 1, together 1.

    Args:
        answer: what the model said.
        found: a match in its content; the group ``label`` of it is what the model chose.
        labels: all labels it could have chosen, none of which begins another.

    Where the server told no probabilities the chosen label counts in full.
    """
    chosen = found["label"].lower()
    token = _deciding(answer, found.start("label"))
    weights = dict.fromkeys((label.lower() for label in labels), 0.0)
    for text, log in token.top if token is not None else ():
        label = _label(text, tuple(weights))
        if label:
            weights[label] += math.exp(log)
    total = sum(weights.values())
    if total <= 0 or weights[chosen] <= 0:
        return {label: float(label == chosen) for label in weights}
    return {label: min(1.0, weight / total) for label, weight in weights.items()}


def _deciding(answer: Answered, start: int) -> Token | None:
    """The token that holds the character at `start` of the content; None where tokens and content differ."""
    spelled = "".join(token.text for token in answer.tokens)
    if not spelled.startswith(answer.content):
        return None
    end = 0
    for token in answer.tokens:
        end += len(token.text)
        if start < end:
            return token
    return None


def _label(token: str, labels: Sequence[str]) -> str:
    """The one label that a token begins, or that begins it."""
    word = token.lower().lstrip(_QUOTES)
    if not word:
        return ""
    fitting = [label for label in labels if label.startswith(word) or word.startswith(label)]
    return fitting[0] if len(fitting) == 1 else ""
