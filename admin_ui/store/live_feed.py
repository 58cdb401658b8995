"""What was just recorded, for whoever watches: in the order of the audit chain, within bounds."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .audit import Stored

KEPT = 256
"""Events that are remembered for a watcher who lost the connection."""
MOST_WAITING = 512
"""Events that may wait for one watcher; one that falls further behind is let go."""
MOST_WATCHERS = 64


class TooManyWatchers(Exception):
    """No more may watch now."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One exchange that ended. `number` is its place in the audit chain. No text of anyone's."""

    number: int
    tenant_id: str
    exchange_id: str
    application: str
    started: float
    action: str
    outcome: str
    status: int
    streamed: bool


class Watcher:
    """Gets one tenant's events. Made by `LiveFeed.watch`."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.behind = False
        """Whether events were lost because they were not taken in time."""
        self.over = False
        """Whether nothing will come any more."""
        self._waiting: deque[LiveEvent] = deque()
        self._some = asyncio.Event()

    def give(self, event: LiveEvent) -> None:
        """Let the watcher have an event."""
        if self.behind or event.tenant_id != self.tenant_id:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self.behind = True
        else:
            self._waiting.append(event)
        self._some.set()

    def end(self) -> None:
        """Say that nothing will come any more."""
        self.over = True
        self._some.set()

    async def next(self, seconds: float) -> list[LiveEvent]:
        """Wait for events, but no longer than `seconds`; return what came."""
        try:
            async with asyncio.timeout(seconds):
                await self._some.wait()
        except TimeoutError:
            return []
        self._some.clear()
        events = list(self._waiting)
        self._waiting.clear()
        return events


class LiveFeed:
    """Hands events on to watchers. Belongs to one event loop."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._kept: deque[Stored] = deque(maxlen=KEPT)
        self._over = False

    def publish(self, stored: Sequence[Stored]) -> None:
        """Take what was stored, in order. What has no number yet has not ended.

        Nothing is made of it while nobody watches: thousands may come a second.
        """
        self._kept.extend(stored[-KEPT:])
        if self._watchers:
            for event in _events(stored):
                for watcher in self._watchers:
                    watcher.give(event)

    def watch(self, tenant_id: str, after: int | None = None) -> Watcher:
        """Begin to watch a tenant; with `after` also what came behind that number, if it is remembered.

        Raises `TooManyWatchers`.
        """
        if len(self._watchers) >= MOST_WATCHERS or self._over:
            raise TooManyWatchers("no more may watch now")
        watcher = Watcher(tenant_id)
        if after is not None:
            for event in _events(self._kept):
                if event.number > after:
                    watcher.give(event)
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Watch no more."""
        self._watchers.discard(watcher)

    def close(self) -> None:
        """Let every watcher go, and take no others."""
        self._over = True
        for watcher in self._watchers:
            watcher.end()


def _events(stored: Iterable[Stored]) -> Iterator[LiveEvent]:
    for number, record in stored:
        if number is not None:
            yield LiveEvent(
                number=number,
                tenant_id=record.tenant_id,
                exchange_id=record.exchange_id,
                application=record.setting.application,
                started=record.started,
                action=record.action.label,
                outcome=record.outcome,
                status=record.status,
                streamed=record.streamed,
            )
