"""What guarded clients did, in numbers."""

import logging
import threading
from collections import Counter
from collections.abc import Mapping

from ...detection.types import AuditEntry
from ..faults import describe

_log = logging.getLogger(__name__)


class Tally:
    """Counts calls by how they ended. Implements `detection.ports.Metrics`; threads may count at once.

    Names: the outcomes of `AuditEntry`; ``passed_unknown`` and ``refused_unknown`` for requests no table
    knows; ``exempt`` for those that hold no text; ``refused_<reason>`` for those that ended before they were
    judged; ``failed_open`` and ``failed_closed`` for every failure of the judging or the recording.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[name] += 1

    def failed_open(self, fault: Exception) -> None:
        """Count and log a failure behind which the call goes on."""
        self.count("failed_open")
        report(fault)

    def failed_closed(self, fault: Exception) -> None:
        """Count and log a failure that ends the call."""
        self.count("failed_closed")
        report(fault)

    def exchange(self, service: str, entry: AuditEntry) -> None:
        """Count a call that ended."""
        self.count(entry.outcome)

    def rejected(self, service: str, reason: str) -> None:
        """Count a request that was refused before it was judged."""
        self.count(f"refused_{reason}")

    def counts(self) -> Mapping[str, int]:
        """Return all numbers as they stand."""
        with self._lock:
            return dict(self._counts)


def report(fault: Exception) -> None:
    """Log where a failure happened; its message may hold what it read, and is left out."""
    _log.error("a call could not be judged: %s", describe(fault))
