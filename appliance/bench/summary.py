"""What the rows of a run say: figures by round for each subject and cell."""

from collections.abc import Callable, Sequence

from .figures import differences
from .rounds import Row

type ByRound = dict[int, float]


class Summary:
    """Looks figures up. A cell that is void or was not measured has none."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.subjects = list(dict.fromkeys(row.subject for row in rows))
        self.cells = list(dict.fromkeys(row.cell for row in rows))

    def cpu(self, subject: str, cell: str) -> ByRound:
        """Microseconds of processor time a request, or a frame of a stream."""
        return self._each(subject, cell, lambda row: row.measured.cpu / row.measured.count * 1e6)

    def share(self, subject: str, cell: str, process: str) -> ByRound:
        """The part of it that processes of one name took."""
        return self._each(
            subject, cell, lambda row: row.measured.shares.get(process, 0.0) / row.measured.count * 1e6
        )

    def p50(self, subject: str, cell: str) -> ByRound:
        """Median latency in microseconds, of answers or frames."""
        return self._each(subject, cell, lambda row: row.measured.latency["p50"])

    def p99(self, subject: str, cell: str) -> ByRound:
        """The latency in microseconds that one in a hundred exceeds."""
        return self._each(subject, cell, lambda row: row.measured.latency["p99"])

    def added(self, subject: str, cell: str) -> ByRound:
        """Median latency beyond that of asking the upstream itself."""
        return differences(self.p50(subject, cell), self.p50("direct", cell))

    def rate(self, subject: str, cell: str) -> ByRound:
        """Answers, or frames, a second."""
        return self._each(subject, cell, lambda row: row.measured.count / row.measured.seconds)

    def words(self, subject: str, cell: str) -> ByRound:
        """Median time from writing a word of a stream to reading it, in microseconds."""
        return self._each(subject, cell, lambda row: row.measured.text.get("p50", 0.0))

    def void(self) -> list[Row]:
        """The rows that count for nothing, because an answer was wrong."""
        return [row for row in self.rows if row.measured.error]

    def _each(self, subject: str, cell: str, figure: Callable[[Row], float]) -> ByRound:
        return {
            row.round: figure(row)
            for row in self.rows
            if row.subject == subject and row.cell == cell and row.measured.count and row.measured.latency
        }
