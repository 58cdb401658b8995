"""Judging whole files, in one process or several."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ...detection.errors import BadInput
from ..errors import ApplianceError
from .heads import Side
from .outcome import Judging, Question
from .rows import BadRow, read_row
from .sources import DataFile, Piece, pieces
from .tally import Shown, Tally

type Report = Callable[[DataFile, int], None]
"""Told how many bytes of a file were read."""

_AHEAD = 4
"""Pieces a process that are read before the first of them is counted: bounds memory."""


class Evaluation:
    """Judges files of labelled texts.

    Args:
        judge: judges one text.
        question: what it was asked.
        show: keep some of the texts that were judged wrongly.
    """

    def __init__(self, judge: Judging, question: Question, *, show: bool = False):
        self._judge = judge
        self._families = question.families
        self._show = show

    def run(self, files: Iterable[DataFile], jobs: int, report: Report) -> dict[str, Tally]:
        """Judge files; return the counts of each by name.

        Raises:
            SettingError: a file cannot be read, or a line is no labelled text.
            ApplianceError: a process was ended from outside.
        """
        everything = (piece for file in files for piece in pieces(file))
        found: dict[str, Tally] = {}
        for piece, tally in self._one_by_one(everything) if jobs == 1 else self._apart(everything, jobs):
            found.setdefault(piece.file.name, Tally()).add(tally)
            report(piece.file, piece.position)
        return found

    def count(self, piece: Piece) -> Tally:
        """Judge some lines. Raises `BadRow`."""
        tally = Tally()
        for number, line in piece.lines:
            place = f"{piece.file.path}:{number}"
            row = read_row(line, place)
            try:
                outcome = self._judge.judge(row)
            except BadInput as error:
                raise BadRow(f"{place}: {error}") from None
            which = tally.count(row, outcome, self._families)
            wrong = which is not Side.OTHER and bool(outcome.hits) is (which is Side.NEGATIVE)
            if self._show and wrong:
                rules = tuple(hit.rule for hit in outcome.hits)
                tally.show(Shown(number, row.category, which, rules, row.text))
        return tally

    def _one_by_one(self, everything: Iterator[Piece]) -> Iterator[tuple[Piece, Tally]]:
        for piece in everything:
            yield piece, self.count(piece)

    def _apart(self, everything: Iterator[Piece], jobs: int) -> Iterator[tuple[Piece, Tally]]:
        # Forked, so that the compiled rules are shared and nothing has to be sent but lines and counts.
        context = multiprocessing.get_context("fork")
        waiting: deque[tuple[Piece, Future[Tally]]] = deque()
        with ProcessPoolExecutor(jobs, context, _begin, (self,)) as pool:
            try:
                _start(pool)
                for piece in everything:
                    waiting.append((piece, pool.submit(_count, piece)))
                    if len(waiting) > jobs * _AHEAD:
                        first, result = waiting.popleft()
                        yield first, result.result()
                while waiting:
                    first, result = waiting.popleft()
                    yield first, result.result()
            except BrokenProcessPool:
                raise ApplianceError("a process of the evaluation was ended from outside") from None
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _start(pool: ProcessPoolExecutor) -> None:
    """Fork the processes of a pool. An interrupt waits: one that comes within a fork is lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        pool.submit(_nothing).result()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))


def _nothing() -> None:
    """Do nothing: the first task makes the processes."""


_here: list[Evaluation] = []


def _begin(evaluation: Evaluation) -> None:
    """Begin a process: an interrupt is its parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here.append(evaluation)


def _count(piece: Piece) -> Tally:
    return _here[0].count(piece)
