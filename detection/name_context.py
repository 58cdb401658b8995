"""What is imagined before a text: the name it stands under, for many rules mind what is called what."""

from .types import Kind, Segment

LONGEST_NAME = 48
"""Characters of a field's name that count as context."""


def context_of(segment: Segment) -> str:
    """Return what is imagined before a text: the name of the tool argument it is."""
    return context(segment.name) if segment.kind is Kind.ARGUMENTS else ""


def context(name: str) -> str:
    """Return what is imagined before a text that stands under a name."""
    return f"{name[-LONGEST_NAME:]}: " if name else ""
