"""What the transparent proxy counted, in memory that all processes share: any of them shows it."""

import logging
from collections.abc import Iterator, Sequence

from prometheus_client.core import Metric

from ..gateway.transparent.tally import COUNTS
from ..middleware import metrics
from ..middleware.cells import Cells, CounterSeries
from .logging import log_event

_LOG = logging.getLogger("sluicegate.intercept")

_PASSED = CounterSeries(
    metrics.CELLS,
    "sluicegate_intercepted_total",
    "What passed the transparent proxy, by what became of it.",
    {"what": COUNTS},
)
_AWAY = CounterSeries(
    _PASSED.end,
    "sluicegate_gateway_away_seconds_total",
    "Time in which the transparent proxy found no gateway, by what it did then.",
    {"fail": ("closed", "open")},
)

CELLS = _AWAY.end
"""Numbers of one process, those of all its metrics."""


class ProxyCounts:
    """Counts for the proxy. Implements `gateway.transparent.watch.Told`.

    Args:
        cells: the numbers of the proxy's own slot.
        fail: what the proxy does without a gateway.
    """

    def __init__(self, cells: Cells, fail: str) -> None:
        self._cells = cells
        self._fail = fail
        self._alive = True

    def count(self, kind: str) -> None:
        """Count one of `COUNTS`."""
        _PASSED.add(self._cells, (kind,))

    def looked(self, *, alive: bool, seconds: float) -> None:
        """Count the time without a gateway, and log its end and its beginning; see `Told`."""
        if not self._alive:  # nobody was there since the last look, whatever this one found
            _AWAY.add(self._cells, (self._fail,), seconds)
        if alive != self._alive:
            self._alive = alive
            level, event = (logging.INFO, "gateway_back") if alive else (logging.WARNING, "gateway_away")
            log_event(_LOG, level, event, fail=self._fail)


class ShownProxyCounts:
    """Gives the sums of all processes to a registry of metrics."""

    def __init__(self, regions: Sequence[Cells]) -> None:
        self._regions = regions

    def collect(self) -> Iterator[Metric]:
        """Give all series."""
        yield _PASSED.family(self._regions)
        yield _AWAY.family(self._regions)
