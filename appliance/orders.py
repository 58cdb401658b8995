"""What a child hears over its lifeline, in its event loop; and its own sign of life."""

import asyncio
from collections.abc import Callable

from .board import Slot
from .lifeline import Lifeline, Order

BEAT_SECONDS = 0.5


class Orders:
    """Listens from now on. `hear` is called with each order; the end of the line is an order to drain."""

    def __init__(self, line: Lifeline, slot: Slot, hear: Callable[[Order], None]) -> None:
        self._line = line
        self._slot = slot
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(line.fileno(), self._read)
        self._timer: asyncio.TimerHandle
        self._beat()

    def close(self) -> None:
        """Listen no more."""
        self._loop.remove_reader(self._line.fileno())
        self._timer.cancel()

    def _read(self) -> None:
        for order in self._line.orders():
            if order is None:
                self._loop.remove_reader(self._line.fileno())
                self._hear(Order.DRAIN)
            else:
                self._hear(order)

    def _beat(self) -> None:
        self._slot.alive()
        self._timer = self._loop.call_later(BEAT_SECONDS, self._beat)
