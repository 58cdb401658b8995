"""What guarded clients did, in numbers."""

import threading
from collections import Counter
from collections.abc import Mapping

from ...detection.types import AuditEntry


class Tally:
    """Counts calls by how they ended. Implements `detection.ports.Metrics`; threads may count at once.

    Names: the outcomes of `AuditEntry`; ``passed_unknown`` and ``refused_unknown`` for requests no table
    knows; ``refused_<reason>`` for those that ended before they were judged; ``failed_open`` and
    ``failed_closed`` for failures of the judging; ``failed_callback`` for those of who wanted to be told.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[name] += 1

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
