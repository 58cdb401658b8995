"""How long to wait before something that ended is started again."""

from dataclasses import dataclass

FIRST = 0.1
LONGEST = 5.0
HEALTHY = 10.0
"""Seconds of service after which earlier ends are forgotten."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """What is known of a post that has to be kept filled. `ends` are those in a row."""

    ends: int = 0
    longest: float = LONGEST
    """Most seconds to wait."""

    @property
    def delay(self) -> float:
        """Seconds to wait now: doubled with every end, up to a bound."""
        return 0.0 if self.ends == 0 else min(FIRST * 2 ** min(self.ends - 1, 16), self.longest)

    def ended(self, served: float) -> "Backoff":
        """Return what is known after another end that came after `served` seconds of service."""
        return Backoff(1 if served >= HEALTHY else self.ends + 1, self.longest)
