"""The record as a worker keeps it: appended to memory-mapped files that survive its death.

An append copies some hundred bytes and calls nobody. The next segment is made ahead, on a thread,
so that every exchange that was let in can be recorded to its end: when no further segment can be
had, new exchanges are refused while there is still a whole one left.
"""

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Literal

from ..admin_ui.store.record import FEW, pack
from ..detection.types import AuditEntry
from .errors import ApplianceError
from .logging import log_event
from .spool_folder import new_writer, prepare_folder, segment_path, take_lock
from .spool_frame import LARGEST
from .spool_segment import SEGMENT_BYTES, NoSegment, Segment

_NO_ROOM = (ENOSPC, EDQUOT)
_RETRY_SECONDS = 0.5
_PATIENCE_SECONDS = 1.0
_LOG = logging.getLogger("sluicegate.spool")


@dataclass(frozen=True, slots=True)
class SpoolRoom:
    """How much a writer may keep: bytes in all, but never less than three segments."""

    most_bytes: int = 1024**3
    segment_bytes: int = SEGMENT_BYTES
    allocate: Callable[[Path, int], Segment] = Segment.allocate

    @property
    def segments(self) -> int:
        """Most segments that may be there at once."""
        return max(3, self.most_bytes // self.segment_bytes)


class Spool:
    """An `AuditSink`. One a process, made after forking and used by one thread.

    `lost` is told how many entries were dropped. Raises `ApplianceError` when the folder takes no
    files; one that has no room is no reason.
    """

    def __init__(
        self,
        folder: Path,
        *,
        room: SpoolRoom | None = None,
        overflow: Literal["refuse", "count"] = "refuse",
        lost: Callable[[int], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        prepare_folder(folder)
        self.name = new_writer()
        self._folder = folder
        self._room = room or SpoolRoom()
        self._drops = overflow == "count"
        self._tell_lost = lost
        self._clock = clock
        self._number = 0
        self._fault: OSError | None = None
        self._again = 0.0
        self._maker = ThreadPoolExecutor(1, "spool")
        self._coming: Future[Segment] | None = None
        self._spare: Segment | None = None
        self._segment: Segment | NoSegment = NoSegment()
        try:
            self._lock = take_lock(folder, self.name)
        except OSError as error:
            raise _unusable(folder, error) from error
        self._order()
        self._begin()

    @property
    def accepting(self) -> bool:
        """Whether a new exchange may begin."""
        return self._spare is not None or self._look() or self._drops

    def opened(self, entry: AuditEntry) -> None:
        """Record that an exchange began."""
        payload = pack(entry)
        if len(payload) > LARGEST or not self._segment.put(payload):
            self._put_elsewhere(entry, payload)

    closed = opened
    """Record how the exchange ended: the entry itself says which of the two it is."""

    def close(self) -> None:
        """End the writing. What was recorded is left to the drainer."""
        self._settle(wait=True)
        self._maker.shutdown()
        self._segment.seal()
        if self._spare is not None:
            self._spare.seal()
        os.close(self._lock)

    def _begin(self) -> None:
        """Take the first segment; do without while there is no room."""
        if not self._turn() and self._fault is not None and self._fault.errno not in _NO_ROOM:
            os.close(self._lock)
            raise _unusable(self._folder, self._fault) from self._fault

    def _put_elsewhere(self, entry: AuditEntry, payload: bytes) -> None:
        """Record in the next segment; a record too large for any is cut to its gist."""
        if len(payload) > LARGEST:
            payload = pack(entry, FEW)
        if self._segment.put(payload):
            return
        if self._turn():
            self._segment.put(payload)
        elif not self._segment.put(pack(entry, 0)):
            self._tell_lost(1)

    def _turn(self) -> bool:
        """Go on to the next segment; False when there is none."""
        self._settle(wait=True)
        if self._spare is None:
            return False
        self._segment.seal()
        self._segment, self._spare = self._spare, None
        self._order()
        return True

    def _look(self) -> bool:
        """Say whether a next segment is there or likely to be; try again for one now and then."""
        self._settle(wait=False)
        if self._spare is None and self._coming is None and self._clock() >= self._again:
            self._order()
        return self._fault is None

    def _order(self) -> None:
        self._coming = self._maker.submit(self._allocate, self._number + 1)

    def _allocate(self, number: int) -> Segment:
        room = self._room
        if len(list(self._folder.glob(f"{self.name}.*.seg"))) >= room.segments:
            raise OSError(ENOSPC, "the spool is full")
        return room.allocate(segment_path(self._folder, self.name, number), room.segment_bytes)

    def _settle(self, *, wait: bool) -> None:
        """Take the segment that was ordered, if it is made."""
        coming = self._coming
        if coming is None or not (wait or coming.done()):
            return
        try:
            self._spare = coming.result(_PATIENCE_SECONDS if wait else 0)
        except TimeoutError:
            return
        except OSError as error:
            self._again = self._clock() + _RETRY_SECONDS
            self._note(error)
        else:
            self._number += 1
            self._note(None)
        self._coming = None

    def _note(self, fault: OSError | None) -> None:
        """Say when the next segment cannot be had, and when it can again: once each."""
        if fault is not None and self._fault is None:
            log_event(_LOG, logging.ERROR, "spool_full", reason=fault.strerror, drops=self._drops)
        elif fault is None and self._fault is not None:
            log_event(_LOG, logging.WARNING, "spool_has_room_again")
        self._fault = fault


def _unusable(folder: Path, error: OSError) -> ApplianceError:
    return ApplianceError(f"{folder}: the record cannot be kept there: {error.strerror}")
