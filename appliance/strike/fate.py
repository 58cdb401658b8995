"""What became of an attack."""

from enum import StrEnum
from typing import Protocol

from .attacks import Attack


class Fate(StrEnum):
    """What a guard did about an attack."""

    CAUGHT = "caught"
    """Blocked, or changed on its way."""
    FLAGGED = "flagged"
    """Noted and let through."""
    MISSED = "missed"


class Target(Protocol):
    """What is attacked."""

    def strike(self, attack: Attack) -> Fate:
        """Send an attack; say what became of it. Raises `ApplianceError` when nobody can say."""
        ...
