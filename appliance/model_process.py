"""The life of the process that runs the small transformer: load, serve, end when told to.

The supervisor replaces it when it ends or gives no sign of life, ever more slowly. Its listener belongs to
the supervisor: who asks while nobody is there waits for the next one, as long as the policy lets it.

It computes for milliseconds at a stretch, while a worker has work for a tenth of one. So it stands back
where both want a core: most requests never ask it, and need not wait for those that do.
"""

import asyncio
import os
from collections.abc import Callable, Sequence

import uvloop

from ..detection.shipped_models import PART, Reading, Transformer, opinion_of, parts
from .board import Slot
from .bus import Bus
from .lifeline import Lifeline, News, Order
from .model_server import Model, ModelServer
from .orders import Orders
from .settle import settle
from .world import World

_NICE = 5
"""Leaves a worker three quarters of a core that both want."""


def run_model(world: World, slot: Slot, line: Lifeline) -> None:
    """Be the process of the small transformer until told to end. Raises `ModelMissing`."""
    for listener in world.ports.all:
        listener.socket.close()
    world.bus.close()
    os.nice(_NICE)
    bus = world.transformer
    if bus is not None:
        threads = world.settings.transformer_threads
        uvloop.run(serve_model(bus, slot, line, lambda: Shipped(Transformer.load(threads))))


async def serve_model(bus: Bus, slot: Slot, line: Lifeline, load: Callable[[], Model]) -> None:
    """Serve what `load` gives until told to end."""
    over = asyncio.Event()

    def obey(order: Order) -> None:
        if order is Order.DRAIN:
            over.set()

    orders = Orders(line, slot, obey)
    try:
        server = ModelServer(bus, await asyncio.to_thread(load))
        await server.start()
        settle()
        line.tell(News(ready=True))
        await over.wait()
        await server.close()
    finally:
        orders.close()


class Shipped:
    """The transformer that ships with the package, as a `Model`."""

    def __init__(self, model: Transformer) -> None:
        self._model = model
        self.version = model.version

    def parts(self, text: str) -> Sequence[str]:
        """Cut a text into parts of a quarter of a second."""
        return tuple(parts(text, PART))

    def read(self, part: str) -> Reading:
        """Read a part."""
        return self._model.read(part)

    def said(self, readings: Sequence[Reading]) -> list[tuple[str, float]]:
        """Return the scores of a text from its parts."""
        opinion = opinion_of(self.version, self._model.said(readings))
        return [(score.category, score.score) for score in opinion.scores]
