"""What a guard in an app did, in numbers."""

from collections import Counter

from ..detection.types import AuditEntry


class Counts:
    """Counts exchanges by outcome, rejections by reason. Implements `detection.ports.Metrics`.

    Attributes:
        exchanges: numbers of exchanges by outcome.
        rejections: numbers of requests turned away by reason; failures of the guard count as ``error``
            where it answered with an error, as ``failed_open`` where the app went on without it, and as
            ``failed`` where it could do neither.
    """

    def __init__(self) -> None:
        self.exchanges: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()

    def exchange(self, service: str, entry: AuditEntry) -> None:
        """Count a finished exchange."""
        self.exchanges[entry.outcome] += 1

    def rejected(self, service: str, reason: str) -> None:
        """Count a request turned away."""
        self.rejections[reason] += 1
