"""Counters and histograms as numbers in a flat array, which several processes may share.

A metrics library takes about a microsecond for each number it counts, which is too much for a dozen
numbers a request; here it is an index and an addition. Each process adds to a region of its own and
whoever shows the numbers sums the regions, so nothing is locked. All series are known beforehand:
their labels come from small fixed sets.
"""

from bisect import bisect_left
from collections.abc import Iterator, MutableSequence, Sequence
from itertools import product

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

type Cells = MutableSequence[float]


class CounterSeries:
    """A counter with its labels' values. `at` is where its cells begin."""

    def __init__(self, at: int, name: str, text: str, labels: dict[str, Sequence[str]]) -> None:
        self._name, self._text, self._labels = name, text, tuple(labels)
        self._cells = {values: at + index for index, values in enumerate(product(*labels.values()))}
        self.end = at + len(self._cells)

    def add(self, cells: Cells, values: tuple[str, ...], amount: float = 1.0) -> None:
        """Count. Raises `KeyError` for labels that are not among those known beforehand."""
        cells[self._cells[values]] += amount

    def family(self, regions: Sequence[Cells]) -> Metric:
        """Sum the regions. Series that counted nothing are left out, as if they did not exist yet."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for values, cell in self._cells.items():
            total = sum(region[cell] for region in regions)
            if total or not values:
                family.add_metric(values, total)
        return family


class HistogramSeries:
    """A histogram for each value of one label. A value's cells are its buckets, then the sum."""

    def __init__(
        self, at: int, name: str, text: str, label: tuple[str, Sequence[str]], buckets: tuple[float, ...]
    ) -> None:
        self._name, self._text, self._label = name, text, label[0]
        self._buckets = buckets
        size = len(buckets) + 2
        self._cells = {value: at + index * size for index, value in enumerate(label[1])}
        self.end = at + len(self._cells) * size

    def observe(self, cells: Cells, value: str, seconds: float) -> None:
        """Take one observation. Raises `KeyError` for a label that is not known beforehand."""
        at = self._cells[value]
        cells[at + bisect_left(self._buckets, seconds)] += 1.0
        cells[at + len(self._buckets) + 1] += seconds

    def family(self, regions: Sequence[Cells]) -> Metric:
        """Sum the regions, leaving out values that were never observed."""
        family = HistogramMetricFamily(self._name, self._text, labels=(self._label,))
        for value, at in self._cells.items():
            buckets = list(self._summed(regions, at))
            if buckets[-1][1]:
                total = sum(region[at + len(self._buckets) + 1] for region in regions)
                family.add_metric((value,), buckets, total)
        return family

    def _summed(self, regions: Sequence[Cells], at: int) -> Iterator[tuple[str, float]]:
        total = 0.0
        for index, bound in enumerate((*self._buckets, float("inf"))):
            total += sum(region[at + index] for region in regions)
            yield str(floatToGoString(bound)), total  # type: ignore[no-untyped-call]  # the library says nothing of it
