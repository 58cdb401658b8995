"""The life of the process that runs the guard model beside the workers.

The appliance serves while the model starts and while it is away: what it is asked then is unjudged, and the
policy says what becomes of that. vLLM has an environment of its own and shares nothing with us but a port
and a key.
"""

import asyncio
import os
from time import monotonic

from .board import Slot
from .errors import ApplianceError
from .lifeline import Lifeline, News, Order
from .orders import Orders
from .settle import settle
from .vllm_command import command, environment
from .vllm_keeper import VllmKeeper
from .world import World

_STEP = 0.1


def run_guard(world: World, slot: Slot, line: Lifeline) -> None:
    """Run the guard model until told to end. Raises `ApplianceError` when that cannot be."""
    for listener in world.ports.all:
        listener.socket.close()
    world.bus.close()
    asyncio.run(_Life(world, slot, line).live())


class _Life:
    def __init__(self, world: World, slot: Slot, line: Lifeline) -> None:
        guard, target = world.settings.guard, world.guard
        if guard is None or guard.local is None or target is None:
            raise ApplianceError("no model is configured to be run")
        self._world = world
        self._slot = slot
        self._line = line
        self._over = asyncio.Event()
        self._keeper = VllmKeeper(
            command(guard.local, target),
            environment(target, os.environ),
            target,
            guard.local.start_seconds,
            slot,
        )

    async def live(self) -> None:
        orders = Orders(self._line, self._slot, self._obey)
        keeping = asyncio.create_task(self._keeper.keep())
        starting = asyncio.create_task(self._started())
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait([over, keeping], return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
            await self._while_asked()
        finally:
            for task in (keeping, starting, over):
                task.cancel()
            await asyncio.wait([keeping, starting, over])
            orders.close()

    def _obey(self, order: Order) -> None:
        if order is not Order.ANNOUNCE:
            self._over.set()

    async def _started(self) -> None:
        await self._keeper.started.wait()
        settle()
        self._line.tell(News(ready=True))

    async def _while_asked(self) -> None:
        """Wait for the exchanges that run: they may ask the model still."""
        until = monotonic() + self._world.settings.drain_seconds
        slots = self._world.board.slots
        # the board is memory, it wakes nobody
        while monotonic() < until and any(slot.connections for slot in slots):  # noqa: ASYNC110
            await asyncio.sleep(_STEP)
