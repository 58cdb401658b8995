"""Exceptions: one finding that is let through, and nothing beside it."""

from dataclasses import dataclass

from ..types import Direction, Finding, Role


@dataclass(frozen=True, slots=True)
class Allowed:
    """Lets one finding pass, wherever it is found again.

    `digest` is the finding's own: for data that of the value, for attacks that of the whole text. The
    other conditions narrow it; empty means any. From `until` on, in seconds since the epoch, it is void.
    """

    digest: str
    rule: str = ""
    application: str = ""
    role: Role | None = None
    direction: Direction | None = None
    until: float | None = None

    def fits(self, finding: Finding, application: str, now: float) -> bool:
        """Say whether the finding, of an application, is let through now."""
        return (
            finding.digest == self.digest
            and (not self.rule or finding.rule == self.rule)
            and (not self.application or application == self.application)
            and (self.role is None or finding.role is self.role)
            and (self.direction is None or finding.direction is self.direction)
            and (self.until is None or now < self.until)
        )
