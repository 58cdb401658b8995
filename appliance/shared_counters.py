"""Counters that all workers share, without a word between them.

Every worker counts what it let through in its own slot of the board and reads the slots of the
others. A window is divided into 31 parts; what falls into the part that is just leaving the window
counts to its end. So never more than the limit is let through in any window, plus one call for
each other worker that decides in the same microsecond; and a call's place is free again at most a
31st of the window late.

Names stand in a table under a hash that is keyed by a secret of the first process, which all
others inherit. The table is bounded: in a full row the name unused for longest gives way.
"""

from collections.abc import Callable
from time import monotonic

from ..detection.ports import Allowance
from .board import NAMES, RING, WAYS, Board, Slot

_BITS = (1 << 64) - 1
_CLEAR = memoryview(bytes(RING * 4)).cast("I")
_PARTS = RING - 1
_TRIES = 3


class _Other:
    """Where another worker keeps its count of a name; mutable and slotted, for it is read per call."""

    __slots__ = ("_at", "_key", "_names", "_slot")

    def __init__(self, slot: Slot, key: int) -> None:
        self._slot = slot
        self._key = key
        self._at = -1
        self._names = -1

    def total(self, part: int) -> int:
        """Return how many calls within the window that ends with `part` the other let through."""
        slot, at = self._slot, self._at
        if at < 0 or slot.keys[at] != self._key:
            at = self._find()
            if at < 0:
                return 0
        rows = slot.rows
        for _ in range(_TRIES):
            newest, total = rows[at + at], rows[at + at + 1]
            if newest >= part:
                return total
            if part - newest >= RING:
                return 0
            total -= _gone(slot.parts, at * RING, newest, part)
            if rows[at + at] == newest:
                return total
        return rows[at + at + 1]

    def _find(self) -> int:
        """Look for the name unless nothing was added since it was not there."""
        names = self._slot.names
        if names == self._names:
            return -1
        self._at = _place(self._slot, self._key)
        self._names = names if self._at < 0 else -1
        return self._at


class _Count:
    """Where a name is counted. Slotted and mutable: a call changes two words of shared memory."""

    __slots__ = ("at", "key", "others", "scale", "used", "window")

    def __init__(self, key: int, window: float, others: tuple[_Other, ...]) -> None:
        self.key = key
        self.window = window
        self.scale = _PARTS / window
        """Parts a second."""
        self.others = others
        self.at = -1
        self.used = 0.0


class SharedCounters:
    """A `CounterStore` over the board. `clock` is one that all workers read alike."""

    def __init__(self, board: Board, own: Slot, *, clock: Callable[[], float] = monotonic) -> None:
        self._own = own
        self._board = board
        self._clock = clock
        self._counting = board.counting
        self._seen = -1.0
        self._others: tuple[Slot, ...] = ()
        self._counts: dict[str, _Count] = {}
        self._holders: list[str | None] = [None] * NAMES

    def take(self, name: str, limit: int, window: float) -> Allowance:
        """Count one call of `name` against `limit` calls in `window` seconds."""
        now = self._clock()
        if self._counting[0] != self._seen:
            self._look_around()
        count = self._counts.get(name)
        if count is None or count.window != window:
            count = self._open(name, window, now)
        count.used = now
        part = int(now * count.scale)
        rows, row = self._own.rows, count.at * 2
        if rows[row] != part:
            self._advance(count.at, part)
        taken = rows[row + 1]
        for other in count.others:
            taken += other.total(part)
        if taken >= limit:
            return Allowance(False, limit, 0, self._wait(count, part, now, taken - limit + 1))
        self._own.parts[count.at * RING + part % RING] += 1
        rows[row + 1] += 1
        return Allowance(True, limit, limit - taken - 1, 0.0)

    def __len__(self) -> int:
        """Names that this worker counts."""
        return len(self._counts)

    def _look_around(self) -> None:
        """Read from now on also those who have begun to count."""
        self._seen = self._counting[0]
        self._others = tuple(self._board.others(self._own))
        self._counts.clear()
        self._holders = [None] * NAMES

    def _open(self, name: str, window: float, now: float) -> _Count:
        """Find or make the place where a name is counted."""
        key = (hash((name, window)) & _BITS) or 1
        count = _Count(key, window, tuple(_Other(slot, key) for slot in self._others))
        at = _place(self._own, key)
        if at < 0:
            at = self._claim(key, int(now * count.scale))
        else:
            # A holder that was killed may have left its total behind its parts.
            self._own.rows[at * 2 + 1] = sum(self._own.parts[at * RING : (at + 1) * RING])
        self._forget(at)
        count.at = at
        self._holders[at] = name
        self._counts[name] = count
        return count

    def _claim(self, key: int, part: int) -> int:
        """Take a place in the row of a key, the one unused for longest if all are taken."""
        own, row = self._own, key % (NAMES // WAYS) * WAYS
        at = min(range(row, row + WAYS), key=self._used)
        own.keys[at] = 0
        own.parts[at * RING : (at + 1) * RING] = _CLEAR
        own.rows[at * 2 + 1] = 0
        own.rows[at * 2] = part
        own.keys[at] = key
        own.name_added()
        if own.names == 1:
            # Whoever of several writes last, all of them find another number than they saw, and look.
            self._counting[0] = 1.0 + self._clock() + own.index / 1e6
        return at

    def _used(self, at: int) -> float:
        """When a place was used, as far as this process knows; a free one never was."""
        name = self._holders[at]
        if name is None:
            return 0.0 if self._own.keys[at] else -1.0
        return self._counts[name].used

    def _forget(self, at: int) -> None:
        name = self._holders[at]
        if name is not None:
            self._counts.pop(name, None)

    def _advance(self, at: int, part: int) -> None:
        """Move the window on. The newest part is written last: until then others read on as before."""
        rows, parts, start = self._own.rows, self._own.parts, at * RING
        newest = rows[at * 2]
        if part - newest >= RING:
            parts[start : start + RING] = _CLEAR
            rows[at * 2 + 1] = 0
        else:
            gone = _gone(parts, start, newest, part)
            for index in range(newest + 1, part + 1):
                parts[start + index % RING] = 0
            rows[at * 2 + 1] -= gone
        rows[at * 2] = part

    def _wait(self, count: _Count, part: int, now: float, needed: int) -> float:
        """Return the seconds until `needed` of the counted calls have left the window."""
        for later in range(part + 1, part + RING):
            left = self._total(count, later)
            if self._total(count, part) - left >= needed:
                return later / count.scale - now
        return (part + RING) / count.scale - now

    def _total(self, count: _Count, part: int) -> int:
        newest, total = self._own.rows[count.at * 2], self._own.rows[count.at * 2 + 1]
        own = total - _gone(self._own.parts, count.at * RING, newest, part)
        return own + sum(other.total(part) for other in count.others)


def _place(slot: Slot, key: int) -> int:
    """Return where a key stands in a slot's table, -1 where it does not."""
    row = key % (NAMES // WAYS) * WAYS
    try:
        return row + slot.keys[row : row + WAYS].tolist().index(key)
    except ValueError:
        return -1


def _gone(parts: memoryview, start: int, newest: int, part: int) -> int:
    """Return what is counted in parts that have left the window that ends with `part`."""
    if part <= newest:
        return 0
    gone = 0
    for index in range(newest + 1, min(part, newest + RING) + 1):
        gone += parts[start + index % RING]
    return gone
