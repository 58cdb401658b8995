"""Memory that all processes of an appliance share: who lives, who has how many connections, counts.

An anonymous map, made before the first process is forked. Every slot has one writer, the process
that holds it, and everybody reads. A process that takes a slot over goes on with what stands there,
so that counts never run backwards. All words are eight bytes and aligned: none is ever read half
written.
"""

import mmap
import time
from collections.abc import Iterator

HEAD = 8
"""Words of a slot before its metrics."""
_PID, _BEAT, _CONNECTIONS, _ACCEPTING, _NAMES, _GAUGES = range(6)

WAYS = 8
NAMES = 8192
"""Names that one process can count at a time; a power of two, `WAYS` of them in a row."""
RING = 32
"""Parts into which a counted window is divided."""
_ROW = 2 + RING // 2
"""Words of one counted name: newest part, total, and the parts at four bytes each."""


class Slot:
    """One process's part of the board, as the process itself and as the others see it."""

    __slots__ = ("_head", "cells", "gauges", "index", "keys", "parts", "rows")

    def __init__(self, index: int, words: memoryview, cells: int) -> None:
        numbers = words.cast("d")
        self.index = index
        self._head = numbers[:HEAD]
        self.gauges = numbers[_GAUGES:HEAD]
        """Three numbers of the process's own that are shown as they are."""
        self.cells = numbers[HEAD : HEAD + cells]
        """Metrics: one float64 each."""
        at = (HEAD + cells) * 8
        self.keys = words[at : at + NAMES * 8].cast("Q")
        """The hash of each counted name, 0 where there is none."""
        rows = words[at + NAMES * 8 :]
        self.rows = rows[: NAMES * 2 * 8].cast("q")
        """Newest part and total of each counted name."""
        self.parts = rows[NAMES * 2 * 8 :].cast("I")
        """Counts of the parts of each counted name, `RING` in a row."""

    @property
    def pid(self) -> int:
        """The process that holds the slot, 0 for none."""
        return int(self._head[_PID])

    @property
    def beat(self) -> float:
        """When the process last said that it lives, in seconds of the monotonic clock."""
        return self._head[_BEAT]

    @property
    def connections(self) -> int:
        """Connections the process serves."""
        return int(self._head[_CONNECTIONS])

    @connections.setter
    def connections(self, count: int) -> None:
        self._head[_CONNECTIONS] = count

    @property
    def accepting(self) -> bool:
        """Whether the process takes new connections."""
        return self._head[_ACCEPTING] != 0

    @accepting.setter
    def accepting(self, yes: bool) -> None:
        self._head[_ACCEPTING] = yes

    @property
    def names(self) -> int:
        """How often a name was put into the table of counts."""
        return int(self._head[_NAMES])

    def name_added(self) -> None:
        """Tell the others that the table of counts has another name."""
        self._head[_NAMES] += 1

    def alive(self) -> None:
        """Say that the process lives."""
        self._head[_BEAT] = time.monotonic()

    def take(self, pid: int) -> None:
        """Hold the slot; what the last holder counted stays."""
        self._head[_CONNECTIONS] = self._head[_ACCEPTING] = 0
        self._head[_PID] = pid
        self.alive()

    def leave(self) -> None:
        """Give the slot up."""
        self._head[_CONNECTIONS] = self._head[_ACCEPTING] = self._head[_PID] = 0


class Board:
    """`slots` parts with `cells` metrics each."""

    def __init__(self, slots: int, cells: int = 0) -> None:
        size = (HEAD + cells + NAMES * (1 + _ROW)) * 8
        whole = memoryview(mmap.mmap(-1, 8 + slots * size))
        self.counting = whole[:8].cast("d")
        """One word that changes whenever a slot counts its first name. The exception: all write it."""
        self.slots = tuple(Slot(index, whole[8 + index * size :][:size], cells) for index in range(slots))
        """Every slot there is; one that nobody ever held reads as zeros."""

    def others(self, own: Slot) -> Iterator[Slot]:
        """Every slot but one in which names were ever counted."""
        return (slot for slot in self.slots if slot is not own and slot.names)

    @property
    def regions(self) -> tuple["memoryview[float]", ...]:
        """The metrics of every slot."""
        return tuple(slot.cells for slot in self.slots)
