"""The life of the control process: the database, the record, the web admin, the hub of the bus.

First secrets are made last, so that nothing can fail between making and showing them.
"""

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic

import uvloop

from ..admin_ui.store.audit import AuditLog, Stored
from ..admin_ui.store.control import Control
from ..admin_ui.store.database import Database
from ..admin_ui.store.live_feed import LiveFeed
from ..admin_ui.store.results import ResultsReader
from .announce import announce
from .audit_finder import AuditFinder, settled
from .board import Slot
from .bootstrap import APPLICATION, FirstSecrets, bootstrap
from .chosen import chosen_upstreams
from .control_plane import ControlPlane, Ground, build
from .data_dir import explained, opened
from .drainer import Drainer, Pace
from .errors import ApplianceError
from .exchange_log import log_exchanges
from .hub import Hub
from .lifeline import Lifeline, News, Order
from .logging import log_event
from .orders import Orders
from .settle import settle
from .shown_metrics import shown_metrics
from .uvicorn_servers import UvicornServer
from .world import GUARD_MODEL, SPOOL, World

RECORD_SECONDS = 10.0
"""How long a stop waits for the database; what it does not take by then stays in the spool."""
_PAGE_SECONDS = 1.0
"""How long a stop waits for pages that are being made."""
_GAUGE_SECONDS = 1.0
_AGAIN_SECONDS = 0.2
_LOG = logging.getLogger("sluicegate.control")


def govern(world: World, slot: Slot, line: Lifeline) -> None:
    """Be the control process until told to end. Raises `ApplianceError` when that cannot be."""
    for listener in world.ports.all:
        if listener is not world.ports.admin:
            listener.socket.close()
    uvloop.run(_Governor(world, slot, line).live())


class _Governor:
    def __init__(self, world: World, slot: Slot, line: Lifeline) -> None:
        self._world = world
        self._slot = slot
        self._line = line
        self._first = FirstSecrets()
        self._over = asyncio.Event()
        self._feed = LiveFeed()

    async def live(self) -> None:
        orders = Orders(self._line, self._slot, self._obey)
        try:
            async with opened(self._world.settings) as database:
                await self._govern(database)
        finally:
            orders.close()

    def _obey(self, order: Order) -> None:
        if order is Order.ANNOUNCE:
            self._announce()
        elif order is Order.DRAIN:
            self._over.set()

    def _announce(self) -> None:
        settings = self._world.settings
        policy, specs = self._world.policies.table.default, chosen_upstreams(settings)
        announce(settings, policy, specs, self._world.ports, self._first)

    async def _govern(self, database: Database) -> None:
        world = self._world
        metrics = shown_metrics(world.board, self._slot, world.beside(GUARD_MODEL))
        log = AuditLog(database, world.secrets.audit_key)
        folder, pace = world.settings.data_dir / SPOOL, Pace(fsync=world.settings.audit_fsync_seconds)
        drainer = Drainer(folder, log, pace=pace, publish=self._publish, lost=metrics.lost)
        control = Control(database, world.secrets.pepper)
        hub = Hub(
            world.bus,
            fresh=lambda: plane.refresher.fresh,
            finder=AuditFinder(drainer, log),
            results=ResultsReader(database, settled(drainer)),
        )
        plane = build(
            Ground(
                world.settings,
                world.secrets,
                world.ports,
                database,
                control,
                hub.push,
                self._feed,
                metrics.render,
                world.policies.table,
            )
        )
        with explained():
            self._first = await bootstrap(control, world.settings)
            tenant = await control.ensure_default_tenant()
            hub.operator = (tenant, await control.ensure_application(APPLICATION), APPLICATION)
            if world.settings.intercept is not None:
                name = world.settings.intercept.application
                hub.interception = (tenant, await control.ensure_application(name), name)
            await plane.publisher.load()
        await hub.start()
        try:
            await self._serve(plane, drainer)
        finally:
            await hub.close()

    async def _serve(self, plane: ControlPlane, drainer: Drainer) -> None:
        draining = asyncio.create_task(_drain(drainer))
        others = [asyncio.create_task(plane.refresher.run()), asyncio.create_task(self._gauge(drainer))]
        server = UvicornServer(plane.admin, self._world.ports.admin, _PAGE_SECONDS)
        await server.start()
        self._line.tell(News(ready=True))
        await plane.web_admin.load()
        settle()
        await self._until_over(draining)
        self._feed.close()
        await server.drain()
        for task in others:
            task.cancel()
        drainer.stop()
        await asyncio.wait([draining], timeout=RECORD_SECONDS)
        if not draining.done():
            log_event(_LOG, logging.WARNING, "record_left_in_spool", pending=drainer.pending)
        draining.cancel()
        await asyncio.gather(draining, *others, return_exceptions=True)

    def _publish(self, stored: Sequence[Stored]) -> None:
        log_exchanges(stored)
        self._feed.publish(stored)

    async def _until_over(self, draining: asyncio.Task[None]) -> None:
        """Return at the order to end. Raises what ended the drainer, which must not end."""
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait([over, draining], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if draining.done():
            draining.result()

    async def _gauge(self, drainer: Drainer) -> None:
        """Show on the board how the record is."""
        while True:
            self._slot.gauges[0] = drainer.pending
            self._slot.gauges[1] = drainer.spool_bytes
            self._slot.gauges[2] = drainer.lag_seconds
            await asyncio.sleep(_GAUGE_SECONDS)


async def _drain(drainer: Drainer) -> None:
    """Drain; a control process before this one may still be at it."""
    end = monotonic() + RECORD_SECONDS
    while True:
        try:
            await drainer.run()
        except ApplianceError:
            if monotonic() > end:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return
