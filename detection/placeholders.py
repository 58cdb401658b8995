"""The rule that notices placeholders nobody minted here."""

from .rules import Rule
from .types import Direction, Level
from .vault import DIGITS, LONGEST, PREFIX

UNKNOWN = Rule(
    id="unknown_placeholder",
    category="placeholder.unknown",
    level=Level.LOW,
    pattern=f"{PREFIX}[A-Z][A-Za-z]{{1,11}}[0-9A-Za-z]{{{DIGITS}}}",
    anchor=PREFIX,
    before="0-9A-Za-z",
    after="0-9A-Za-z",
    max_length=LONGEST,
    directions=(Direction.ANSWER,),
    source="The shape of this product's own placeholders.",
    examples=(f"{PREFIX}Email0123456789abcdefg",),
    near_misses=(f"{PREFIX}email0123456789abcdefg",),
)
"""A placeholder-shaped text in an answer: invented by the model or of another application."""
