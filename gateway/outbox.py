"""Writing to many connections at the end of a round of the loop.

A write wakes whoever reads the other end, and waking a processor that sleeps is the dearest thing
in a proxied request: written one by one between the requests of a round, nearly every write pays
for it; written together, one does for several. A round that handles a single event writes as soon
as it would have without.
"""

import asyncio
from typing import Protocol

LARGE = 16 * 1024
"""Bytes that are worth a write of their own, and let nobody's memory grow within a round."""


class Writable(Protocol):
    """As much of a transport as is needed."""

    def write(self, data: bytes) -> None:
        """Take bytes to be sent."""
        ...

    def is_closing(self) -> bool:
        """Say whether it takes no more."""
        ...


class Outbox:
    """Holds small writes until the events of this round are handled. One for each loop or owner."""

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Writable, bytes]] = []

    def write(self, transport: Writable, data: bytes) -> None:
        """Write soon; in the order of the calls."""
        if len(data) >= LARGE:
            self.flush()
            transport.write(data)
            return
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append((transport, data))

    def flush(self) -> None:
        """Write what waits now: before a connection is closed, or told its end."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)

    def withdraw(self, transport: Writable) -> bool:
        """Take back what waits for a transport; say whether there was something."""
        left = [item for item in self._waiting if item[0] is not transport]
        held = len(left) != len(self._waiting)
        self._waiting = left
        return held
