"""The life of a worker: wait for the snapshot, serve, end when told to. It has no database."""

import asyncio

import uvloop

from ..detection.inspection import Inspector
from ..library.panel import Panel
from ..middleware.metrics import PrometheusMetrics
from ..middleware.sealed_links import SealedLinks
from ..middleware.snapshot import SnapshotDirectory
from .board import Slot
from .clock import SystemClock
from .data_plane import DataPlane, Ground, build
from .lifeline import Lifeline, News, Order
from .link import Link
from .orders import Orders
from .ports import base_url
from .servers import Servers
from .settle import settle
from .shared_counters import SharedCounters
from .shown_metrics import shown_metrics
from .slow_tiers import SlowTiers
from .spool import Spool, SpoolRoom
from .world import GUARD_MODEL, SPOOL, World


def serve(world: World, slot: Slot, line: Lifeline) -> None:
    """Be a worker until told to end."""
    world.ports.admin.socket.close()
    world.bus.close()
    uvloop.run(_Worker(world, slot, line).live())


class _Worker:
    def __init__(self, world: World, slot: Slot, line: Lifeline) -> None:
        self._world = world
        self._slot = slot
        self._line = line
        self._directory = SnapshotDirectory(world.secrets.pepper, world.policies.table)
        self._link = Link(world.bus, self._directory.replace)
        self._draining = asyncio.Event()
        self._retiring = asyncio.Event()

    async def live(self) -> None:
        orders = Orders(self._line, self._slot, self._obey)
        linked = asyncio.create_task(self._link.run())
        try:
            if await _first(self._link.known, self._draining) is self._link.known:
                await self._serve()
        finally:
            linked.cancel()
            orders.close()
            await asyncio.wait([linked])

    def _obey(self, order: Order) -> None:
        if order is Order.DRAIN:
            self._draining.set()
        elif order is Order.RETIRE:
            self._retiring.set()

    async def _serve(self) -> None:
        (inspector,) = self._world.core
        metrics = shown_metrics(self._world.board, self._slot, self._world.beside(GUARD_MODEL))
        spool = self._spool(metrics)
        tiers = SlowTiers(self._world, metrics)
        tiers.start()
        plane = self._plane(inspector, metrics, spool, tiers.panel)
        servers = self._servers(plane)
        warming = asyncio.create_task(_warm(inspector))
        servers.start()
        settle()
        self._line.tell(News(ready=True))
        await self._until_over(servers)
        warming.cancel()
        await plane.close()
        await tiers.close()
        spool.close()

    async def _until_over(self, servers: Servers) -> None:
        seconds = self._world.settings.drain_seconds
        if await _first(self._retiring, self._draining) is self._retiring:
            leaving = asyncio.create_task(servers.retire(seconds))
            hurried = asyncio.create_task(self._draining.wait())
            await asyncio.wait([leaving, hurried], return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            hurried.cancel()
        await servers.drain(seconds)

    def _spool(self, metrics: PrometheusMetrics) -> Spool:
        settings = self._world.settings
        room = SpoolRoom(settings.audit_spool_bytes // settings.workers)
        return Spool(
            settings.data_dir / SPOOL, room=room, overflow=settings.audit_overflow, lost=metrics.lost
        )

    def _plane(
        self, inspector: Inspector, metrics: PrometheusMetrics, spool: Spool, panel: Panel
    ) -> DataPlane:
        board = self._world.board
        return build(
            Ground(
                settings=self._world.settings,
                inspector=inspector,
                directory=self._directory,
                record=spool,
                reader=self._link,
                results=self._link,
                service_key=self._world.secrets.service_key,
                placeholder_key=self._world.secrets.placeholder_key,
                counters=SharedCounters(board, self._slot),
                metrics=metrics,
                operator=self._link.operator,
                links=self._links(),
                panel=panel,
                handed=self._world.handed,
                interception=lambda: self._link.interception,
                checks={"control": lambda: self._link.fresh, "database": lambda: self._link.database},
            )
        )

    def _links(self) -> SealedLinks:
        settings, ports = self._world.settings, self._world.ports
        url = settings.public_url or base_url(settings.host, ports.proxy.port)
        return SealedLinks(self._world.secrets.placeholder_key, url, SystemClock())

    def _servers(self, plane: DataPlane) -> Servers:
        ports = self._world.ports
        rivals = tuple(slot for slot in self._world.board.slots[1:] if slot is not self._slot)
        apps = [(ports.detection, plane.detection), (ports.proxy, plane.proxy)]
        if ports.handover is not None and plane.intercepted is not None:
            apps.append((ports.handover, plane.intercepted))
        return Servers(apps, self._slot, rivals)


async def _first(*events: asyncio.Event) -> asyncio.Event:
    """Wait for one of several events; of those that happened, the first named is returned."""
    waiting = {asyncio.create_task(event.wait()) for event in events}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return next(event for event in events if event.is_set())


async def _warm(core: Inspector) -> None:
    """Load between requests what is large, so that no exchange waits for it; rules compile when needed."""
    for _ in core.warm(expressions=False):
        await asyncio.sleep(0)
