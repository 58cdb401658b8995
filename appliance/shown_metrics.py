"""The metrics of all processes, whichever of them is asked."""

from collections.abc import Iterator, Sequence
from typing import cast

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ..middleware.cells import Cells
from ..middleware.metrics import PrometheusMetrics
from .board import Board, Slot
from .proxy_counts import ShownProxyCounts

_GAUGES = (
    ("sluicegate_audit_pending", "Audit entries that are not in the database yet."),
    ("sluicegate_spool_bytes", "Bytes that the spool of the record takes on the disk."),
    ("sluicegate_audit_lag_seconds", "How long ago everything recorded was in the database."),
)


def shown_metrics(board: Board, own: Slot, guard: Slot | None = None) -> PrometheusMetrics:
    """Return metrics that count in a process's own slot and show what all slots hold.

    `guard` is the slot of the process that runs the guard model, where there is one.
    """
    # A memoryview does all that is asked of a sequence of cells, but has no `insert`.
    metrics = PrometheusMetrics(cast("Sequence[Cells]", board.regions), own.index)
    metrics.registry.register(_Gauges(board))
    metrics.registry.register(ShownProxyCounts(cast("Sequence[Cells]", board.regions)))
    if guard is not None:
        metrics.registry.register(_Guard(guard))
    return metrics


class _Guard:
    """What the process that runs the guard model says of it."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot

    def collect(self) -> Iterator[Metric]:
        """Give both."""
        ready, starts, _ = self._slot.gauges
        yield GaugeMetricFamily(
            "sluicegate_guard_model_ready", "Whether our guard model can be asked.", ready
        )
        yield CounterMetricFamily("sluicegate_guard_model_starts_total", "Starts of our guard model.", starts)


class _Gauges:
    """What the control process says of the record, and who serves."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Give all gauges."""
        for (name, text), value in zip(_GAUGES, self._board.slots[0].gauges, strict=True):
            yield GaugeMetricFamily(name, text, value)
        workers = [slot for slot in self._board.slots[1:] if slot.accepting]
        yield GaugeMetricFamily("sluicegate_live_workers", "Workers that take connections.", len(workers))
        connections = sum(slot.connections for slot in self._board.slots[1:])
        yield GaugeMetricFamily("sluicegate_open_connections", "Connections to the services.", connections)
