"""The life of an appliance: take the ports, make what is missing, serve, drain, write the rest.

The order matters. Ports come first, so that a second start fails before it touches anything.
First secrets come last, so that nothing can fail between making and showing them.
"""

import asyncio
import logging
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import uvloop

from ..admin_ui.store.control import Control
from .announce import announce
from .bootstrap import bootstrap
from .build import Appliance, build
from .data_dir import opened, prepare
from .errors import ApplianceError
from .listener import Listener, Servers, bind
from .logging import configure, log_event
from .settings import Settings

RECORD_SECONDS = 10.0
"""How long a stop waits for the record to be written once everything has ended."""

_LOG = logging.getLogger("sluicegate")


def run(settings: Settings) -> None:
    """Run an appliance until it is told to stop. Raises `ApplianceError` when it cannot."""
    configure(settings.log_level, settings.log_format)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = _stop_on_signals()
    _raise_file_limit()
    async with AsyncExitStack() as stack:
        listeners = _bind(settings)
        for listener in listeners:
            stack.callback(listener.socket.close)
        secrets = prepare(settings)
        database = await stack.enter_async_context(opened(settings))
        control = Control(database, secrets.pepper)
        appliance = await build(settings, secrets, database, control)
        stack.push_async_callback(appliance.close)
        first = await bootstrap(control, settings)
        await appliance.directory.load()
        async with _background(appliance):
            apps = (appliance.admin, appliance.detection, appliance.proxy)
            servers = Servers(list(zip(listeners, apps, strict=True)), settings.drain_seconds)
            await servers.start()
            announce(settings, appliance, listeners, first)
            log_event(_LOG, logging.INFO, "started", ports=[listener.port for listener in listeners])
            await _until_stopped(stop, servers)
            log_event(_LOG, logging.INFO, "draining", seconds=settings.drain_seconds)
            await servers.drain()
    log_event(_LOG, logging.INFO, "stopped")


def _bind(settings: Settings) -> list[Listener]:
    taken: list[Listener] = []
    try:
        for name in ("admin_port", "detection_port", "proxy_port"):
            listener = bind(name, settings.host, getattr(settings, name))
            taken.append(listener)
    except ApplianceError:
        for listener in taken:
            listener.socket.close()
        raise
    return taken


@asynccontextmanager
async def _background(appliance: Appliance) -> AsyncIterator[None]:
    """Record and refresh while the body runs; at its end write what is left."""
    recording = asyncio.create_task(appliance.recorder.run())
    refreshing = asyncio.create_task(appliance.refresher.run())
    try:
        yield
    finally:
        refreshing.cancel()
        appliance.recorder.stop()
        await asyncio.wait([recording], timeout=RECORD_SECONDS)
        recording.cancel()
        await asyncio.gather(recording, refreshing, return_exceptions=True)
        if lost := appliance.recorder.abandon():
            log_event(_LOG, logging.ERROR, "audit_entries_lost", count=lost)


async def _until_stopped(stop: asyncio.Event, servers: Servers) -> None:
    """Return at a signal. Raises `ApplianceError` when a server ends by itself."""
    stopping, ending = asyncio.create_task(stop.wait()), asyncio.create_task(servers.ended())
    await asyncio.wait([stopping, ending], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    ending.cancel()
    if not stop.is_set():
        raise ApplianceError("a server ended by itself")


def _stop_on_signals() -> asyncio.Event:
    """Let the first SIGTERM or SIGINT set the event and the second end the process at once."""
    stop = asyncio.Event()

    def handle() -> None:
        if stop.is_set():
            log_event(_LOG, logging.ERROR, "stopped_at_once")
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, handle)
    return stop


def _raise_file_limit() -> None:
    """Take as many file descriptors as we are allowed: each stream needs two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
