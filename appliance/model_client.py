"""A worker's end of the small transformer: the tier that a process beside the workers is."""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from ..detection.tiers import Doubt, Opinion, Score, nothing_known
from ..detection.types import Tier
from .bus import Bus, BusConnection, framed, joined
from .model_server import MOST

NAME = "transformer"
"""Stands for the model where it said nothing."""
LONGEST_WORD = 60
_RETRY_SECONDS = 0.1


class ModelClient:
    """Implements `SlowTier` over the socket of a `ModelServer`. Connects for ever.

    A process that starts is waited for, until the deadline; one that dies leaves what it was asked unjudged.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._connection: BusConnection | None = None
        self._gone = asyncio.Event()
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Opinion]] = {}
        self._running: asyncio.Task[None] | None = None

    @property
    def tier(self) -> Tier:
        """The transformer."""
        return Tier.TRANSFORMER

    def start(self) -> None:
        """Connect from now on."""
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End the connection."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        if self._connection is not None:
            self._connection.abort()

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Return an opinion for each doubt, in order; see `SlowTier`."""
        connection = self._connection
        if connection is None:
            return nothing_known(doubts, NAME, "dead")
        loop = asyncio.get_running_loop()
        numbers = [next(self._numbers) for _ in doubts]
        futures = [loop.create_future() for _ in doubts]
        self._asked.update(zip(numbers, futures, strict=True))
        try:
            for number, doubt in zip(numbers, doubts, strict=True):
                connection.send(framed("judge", (number, deadline, _sendable(doubt.text))))
            await asyncio.wait(futures, timeout=deadline)
        finally:
            for number, future in zip(numbers, futures, strict=True):
                del self._asked[number]
                if not future.done():
                    connection.send(framed("drop", number))
        late = Opinion(NAME, unjudged="deadline")
        return [future.result() if future.done() else late for future in futures]

    async def _run(self) -> None:
        while True:
            try:
                await self._connect()
            except OSError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            await self._gone.wait()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _connect(self) -> None:
        self._gone.clear()
        self._connection = await joined(self._bus, MOST, self._hear, self._lost)

    def _lost(self, connection: BusConnection) -> None:
        self._connection = None
        for future in self._asked.values():
            if not future.done():
                future.set_result(Opinion(NAME, unjudged="dead"))
        self._gone.set()

    def _hear(self, _: BusConnection, kind: str, content: Any) -> None:
        if kind != "said":
            return
        number, model, scores, seconds, reason = content
        future = self._asked.get(number)
        if future is not None and not future.done():
            said = tuple([Score(category, score) for category, score in scores])
            future.set_result(Opinion(model, said, seconds, reason))


def _sendable(text: str) -> str:
    """Return a text without halves of characters, which are none and cannot be sent."""
    return text.encode("utf-8", "replace").decode()
