"""The life of the process that runs the transparent proxy: start, be watched, end when told to.

mitmproxy has a process of its own: it takes seconds to listen and reads what strangers send. The
supervisor replaces it when it ends, ever more slowly, as it does with the workers.
"""

import asyncio
import logging
import os
from pathlib import Path
from typing import cast

import certifi

from ..detection.types import Action
from ..gateway.transparent.callers import Callers, Networks
from ..gateway.transparent.conduct import Conduct, Door
from ..gateway.transparent.identity import ClientCertificates
from ..gateway.transparent.post import Post
from ..gateway.transparent.proxy import CannotListen, Proxy
from ..gateway.transparent.tally import Tally
from ..middleware.cells import Cells
from .authority import speaks_for
from .authority_folder import FOLDER, Authority, open_authority
from .board import Slot
from .errors import ApplianceError
from .intercept_report import Reporter
from .intercept_settings import InterceptSettings, authority_names
from .lifeline import Lifeline, News, Order
from .logging import log_event
from .orders import Orders
from .proxy_counts import ProxyCounts
from .settle import settle
from .trust_files import install_page
from .world import World

_LOG = logging.getLogger("sluicegate.intercept")


def intercept(world: World, slot: Slot, line: Lifeline) -> None:
    """Be the transparent proxy until told to end. Raises `ApplianceError` when that cannot be."""
    for listener in world.ports.all:
        listener.socket.close()
    world.bus.close()
    logging.getLogger("mitmproxy").setLevel(logging.ERROR)  # it tells of every connection
    asyncio.run(_Interception(world, slot, line).live())


class _Interception:
    def __init__(self, world: World, slot: Slot, line: Lifeline) -> None:
        settings, handover, handed = world.settings.intercept, world.ports.handover, world.handed
        if settings is None or handover is None or handed is None:
            raise ApplianceError("nothing is configured to be intercepted")
        self._settings = settings
        self._world = world
        self._slot = slot
        self._line = line
        self._over = asyncio.Event()
        authority = open_authority(world.settings.data_dir, authority_names(settings))
        refuse_unspoken(authority, settings)
        client_ca = read_client_ca(settings.client_ca)
        conduct = Conduct(
            rules=settings.rules,
            gateway=("127.0.0.1", handover.port),
            key=handed.key,
            fail=settings.fail,
            shadow=settings.shadow,
            block_unjudged=_blocks_unjudged(world),
        )
        counts = ProxyCounts(cast("Cells", slot.cells), settings.fail)
        self._post = Post(
            conduct,
            Callers(
                ClientCertificates(client_ca) if client_ca else None,
                Networks(settings.clients),
                processes=settings.processes,
            ),
            tally=Tally(counts.count),
            told=counts,
        )
        self._page = install_page(authority)
        self._door = Door(
            modes=settings.modes,
            host=settings.host,
            port=settings.port,
            authority=authority.signing,
            folder=world.settings.data_dir / FOLDER,
            trusted=Path(os.environ.get("SSL_CERT_FILE") or certifi.where()),
            users=settings.users,
            client_ca=client_ca,
        )

    async def live(self) -> None:
        orders = Orders(self._line, self._slot, self._obey)
        try:
            await self._serve()
        except CannotListen as error:
            raise ApplianceError(f"intercept: {error}") from None
        finally:
            orders.close()

    async def _serve(self) -> None:
        proxy = Proxy(self._door, self._post, self._page)
        reporter = Reporter(self._world.settings.data_dir, self._post.tally)
        ending = asyncio.create_task(self._end(proxy))
        reporting = asyncio.create_task(reporter.run())
        try:
            await proxy.run(lambda: self._ready(proxy))
        finally:
            ending.cancel()
            reporting.cancel()
            await asyncio.gather(ending, reporting, return_exceptions=True)
            reporter.write()

    def _ready(self, proxy: Proxy) -> None:
        settle()
        places = [f"{host}:{port}" for host, port in proxy.addresses]
        log_event(_LOG, logging.INFO, "intercepting", modes=list(self._settings.modes), places=places)
        self._line.tell(News(ready=True))

    async def _end(self, proxy: Proxy) -> None:
        await self._over.wait()
        await proxy.stop(self._world.settings.drain_seconds)

    def _obey(self, order: Order) -> None:
        if order is not Order.ANNOUNCE:
            self._over.set()


def _blocks_unjudged(world: World) -> bool:
    return world.policies.table.default.unscanned("a protocol that nobody reads") is Action.BLOCK


def refuse_unspoken(authority: Authority, settings: InterceptSettings) -> None:
    """Raise `ApplianceError` where the root may not speak for a host that is to be inspected."""
    names = authority_names(settings)
    certificate = authority.current.certificate
    silent = [name for name in names or ("*.example",) if not speaks_for(certificate, name)]
    if silent:
        shown = "hosts nobody knows" if names is None else ", ".join(silent[:3])
        raise ApplianceError(
            f"intercept: the root may not speak for {shown}; make one that may: sluicegate ca rotate"
        )


def read_client_ca(path: Path | None) -> bytes:
    """Return who vouches for client certificates, empty for nobody. Raises `ApplianceError`."""
    if path is None:
        return b""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ApplianceError(f"intercept.client_ca: {path}: {error.strerror}") from error
