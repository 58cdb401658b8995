"""What one writer left in the spool, as the drainer reads it: in order, from where it stopped.

Reads with system calls and not through a map: a file that shrank ends a read, but would end a
process that mapped it.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..admin_ui.store.record import OPEN, Record, unpack, unpack_all
from .logging import log_event
from .spool_carry import read_carry, write_carry
from .spool_folder import forget, is_dead, segment_path
from .spool_frame import COUNT_AT, HEADER, LARGEST, MAGIC, OVERHEAD, Scan, Tail, next_frame, scan

_CHUNK = 64 * 1024
_PATIENCE = 20
"""Reads that a frame which is none gets to become one, where processors see writes out of order."""

_NOTHING = Scan([], 0, Tail.EMPTY)
_LOG = logging.getLogger("sluicegate.spool")


@dataclass(slots=True)
class Opened:
    """An exchange that began and has not ended. `stored` once the database knows of it."""

    record: Record
    since: float
    stored: bool = False


class Source:
    """Reads one writer's records. `lost` is told of every place where something could not be read."""

    def __init__(self, folder: Path, writer: str, now: float, lost: Callable[[int], None]) -> None:
        self.writer = writer
        self.dead = False
        self.more = False
        """Whether the last reading ended because it had enough."""
        self.opens: dict[str, Opened] = {
            record.exchange_id: Opened(record, now) for record in read_carry(folder, writer)
        }
        self._tell_lost = lost
        self._folder = folder
        self._numbers: list[int] = []
        self._read: list[int] = []
        self._descriptor = -1
        self._at = 0
        self._taken = 0
        self._odd = 0

    @property
    def exhausted(self) -> bool:
        """Whether the writer is dead and nothing of it is left to read."""
        return self.dead and not self._numbers

    @property
    def segments(self) -> list[Path]:
        """Segments that are not read to their end."""
        return [segment_path(self._folder, self.writer, number) for number in self._numbers]

    def know(self, numbers: list[int]) -> None:
        """Learn which segments there are."""
        last = max((*self._numbers, *self._read, 0))
        self._numbers += [number for number in numbers if number > last]

    def probe(self) -> bool:
        """Find out whether the writer died. Returns true once, when it did."""
        if self.dead or not is_dead(self._folder, self.writer):
            return False
        self.dead = True
        return True

    def unread(self) -> int:
        """Count the records that were written and not read."""
        return max(0, sum(count for _, count in self.sizes()) - self._taken)

    def sizes(self) -> list[tuple[Path, int]]:
        """Return the segments that are not read to their end, and how many records each has."""
        return [(path, _count(path)) for path in self.segments]

    def take(self, most: int, now: float) -> list[Record]:
        """Read up to `most` records, of which those that ended are returned and the rest kept."""
        ended: list[Record] = []
        self.more = False
        while self._numbers:
            if most <= 0:
                self.more = True
                break
            got = self._scan(most)
            most -= len(got.payloads)
            self._at += got.used
            self._taken += len(got.payloads)
            if got.payloads:
                self._odd = 0
                self._sort(self._unpacked(got.payloads), ended, now)
            elif not self._passed(got.tail):
                break
        return ended

    def interrupted(self) -> list[Record]:
        """Return what a dead writer never ended, and forget it."""
        left = [item.record for item in self.opens.values()]
        self.opens.clear()
        return left

    def aged(self, before: float) -> list[Record]:
        """Return what began before a moment, has not ended, and was not returned yet."""
        aged: list[Record] = []
        for item in self._young(before):
            item.stored = True
            aged.append(item.record)
        return aged

    def settle(self, *, durable: bool) -> None:
        """Remove the segments that were read to their end: everything in them is stored.

        Exchanges of theirs that have not ended are carried over first.
        """
        if not self._read:
            return
        write_carry(self._folder, self.writer, [item.record for item in self.opens.values()], durable=durable)
        for number in self._read:
            segment_path(self._folder, self.writer, number).unlink(missing_ok=True)
        self._read.clear()

    @property
    def unstored(self) -> int:
        """Count the exchanges that have not ended and that the database does not know of."""
        return sum(not item.stored for item in self.opens.values())

    @property
    def unsettled(self) -> bool:
        """Whether there are segments to remove."""
        return bool(self._read)

    def close(self) -> None:
        """Stop reading, for now."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Remove everything of a dead writer."""
        self.close()
        forget(self._folder, self.writer)

    def _young(self, before: float) -> Iterator[Opened]:
        """Give what began before a moment and is not stored; the oldest stand first."""
        for item in self.opens.values():
            if item.since >= before:
                return
            if not item.stored:
                yield item

    def _unpacked(self, payloads: list[bytes]) -> list[Record]:
        """Return the records; of those that are none only the others."""
        try:
            return unpack_all(payloads)
        except ValueError:
            return [record for payload in payloads if (record := self._one(payload)) is not None]

    def _one(self, payload: bytes) -> Record | None:
        try:
            return unpack(payload)
        except ValueError:
            self._complain("record")
            return None

    def _sort(self, records: list[Record], ended: list[Record], now: float) -> None:
        for record in records:
            if record.outcome == OPEN:
                self.opens[record.exchange_id] = Opened(record, now)
            else:
                self.opens.pop(record.exchange_id, None)
                ended.append(record)

    def _scan(self, most: int) -> Scan:
        """Read frames; while nothing comes this is one small read."""
        if self._descriptor < 0:
            self._begin()
        length = int.from_bytes(os.pread(self._descriptor, 4, self._at), sys.byteorder)
        if length == 0:
            return _NOTHING
        size = length + OVERHEAD if length <= LARGEST else 0
        return scan(os.pread(self._descriptor, max(size, _CHUNK), self._at), most)

    def _begin(self) -> None:
        path = segment_path(self._folder, self.writer, self._numbers[0])
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._at, self._odd = HEADER, 0
        if os.pread(self._descriptor, len(MAGIC), 0) != MAGIC:
            self._complain("header")

    def _end(self) -> bool:
        self.close()
        self._read.append(self._numbers.pop(0))
        self._taken = 0
        return True

    def _passed(self, tail: Tail) -> bool:
        """Get over what stopped the reading; False when there is nothing more for now."""
        if tail is Tail.ENDED:
            return self._end()
        if not self.dead and (tail is Tail.EMPTY or self._patient()):
            return False
        rest = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, self._at)
        found = next_frame(rest, 0)
        if found is not None:
            self._complain("frame")
            self._at += found
            return True
        if not (self.dead or self._went_on()):
            return False
        if tail is not Tail.EMPTY:
            self._complain("frame")
        return self._end()

    def _patient(self) -> bool:
        self._odd += 1
        return self._odd <= _PATIENCE

    def _went_on(self) -> bool:
        """Say whether the writer uses a later segment already; the next one is made ahead."""
        return len(self._numbers) > 1 and _count(self.segments[1]) > 0

    def _complain(self, what: str) -> None:
        log_event(
            _LOG,
            logging.ERROR,
            "spool_damaged",
            what=what,
            segment=f"{self.writer}.{self._numbers[0]:08d}",
            offset=self._at,
        )
        self._tell_lost(1)


def _count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            file.seek(COUNT_AT)
            return int.from_bytes(file.read(8), sys.byteorder)
    except FileNotFoundError:
        return 0
