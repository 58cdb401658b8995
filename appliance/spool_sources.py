"""Everything that is in the spool, whoever wrote it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..admin_ui.store.record import INTERRUPTED, Record
from .spool_folder import sync_file, writers
from .spool_source import Source

_CLOCK_NS = 100_000_000
"""A folder's time of change moves in steps: for this long two changes may look like one."""


class Sources:
    """The writers of a spool folder, read in turn. `lost` is told of what cannot be read."""

    def __init__(self, folder: Path, lost: Callable[[int], None]) -> None:
        self._folder = folder
        self._tell_lost = lost
        self._sources: dict[str, Source] = {}
        self._seen = 0
        self.more = False
        """Whether the last reading ended because it had enough."""
        self._synced: list[tuple[Path, int]] = []

    @property
    def unread(self) -> int:
        """Records that were written and not read, and exchanges that have not ended."""
        return sum(source.unread() + source.unstored for source in self._sources.values())

    @property
    def bytes(self) -> int:
        """Bytes of the files on the disk."""
        try:
            with os.scandir(self._folder) as files:
                return sum(file.stat().st_size for file in files)
        except FileNotFoundError:
            return 0

    def held(self, exchange_id: str) -> Record | None:
        """Return the record of an exchange that has not ended."""
        for source in self._sources.values():
            if (item := source.opens.get(exchange_id)) is not None:
                return item.record
        return None

    def discover(self, now: float) -> None:
        """Learn of new writers and segments. While there are none this is one call of the system."""
        changed = self._folder.stat().st_mtime_ns
        if changed == self._seen:
            return
        self._seen = changed if time.time_ns() - changed > _CLOCK_NS else 0
        for writer, numbers in writers(self._folder).items():
            if writer not in self._sources:
                self._sources[writer] = Source(self._folder, writer, now, self._tell_lost)
            self._sources[writer].know(numbers)

    def probe(self) -> None:
        """Find out which writers died."""
        for source in self._sources.values():
            # What a writer made before it died may not have been seen.
            if source.probe():
                source.know(writers(self._folder).get(source.writer, []))

    def take(self, most: int, now: float, open_after: float) -> list[Record]:
        """Read up to about `most` records to store: ended, interrupted, or open for `open_after` seconds."""
        taken: list[Record] = []
        self.more = False
        for source in self._sources.values():
            if len(taken) >= most:
                self.more = True
                break
            taken += source.take(most - len(taken), now)
            taken += _interrupted(source) if source.exhausted else source.aged(now - open_after)
            self.more |= source.more
        return taken

    @property
    def settled(self) -> bool:
        """Whether there is nothing to remove."""
        return not any(source.unsettled or source.exhausted for source in self._sources.values())

    def settle(self, *, durable: bool) -> None:
        """Remove what was read to its end; everything that was taken is stored."""
        for source in list(self._sources.values()):
            if source.exhausted:
                source.remove()
                del self._sources[source.writer]
            elif source.unsettled:
                source.settle(durable=durable)

    def unsynced(self) -> list[Path]:
        """Return the segments that may hold what a power failure would take, none if nothing came."""
        sizes = [pair for source in self._sources.values() for pair in source.sizes()]
        if sizes == self._synced:
            return []
        self._synced = sizes
        return [path for path, _ in sizes]

    def close(self) -> None:
        """Stop reading. Everything stays."""
        for source in self._sources.values():
            source.close()


def sync(folder: Path, paths: list[Path]) -> None:
    """Return when the segments would survive a power failure. Blocks: for a thread."""
    for path in paths:
        sync_file(path)
    sync_file(folder)


def _interrupted(source: Source) -> Iterator[Record]:
    for record in source.interrupted():
        yield record._replace(outcome=INTERRUPTED)
