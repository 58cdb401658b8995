"""The life of an appliance: make what is missing, serve, drain, write the rest of the record.

First secrets are made last, so that nothing can fail between making and showing them.
"""

import asyncio
import gc
import logging
import os
import resource
import signal
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager

import uvloop

from ..admin_ui.store.control import Control
from ..detection.inspection import Inspector
from .announce import announce
from .bootstrap import bootstrap
from .build import Appliance, Ground, build
from .data_dir import explained, opened
from .errors import ApplianceError
from .logging import log_event
from .ports import Ports
from .secrets import Secrets
from .servers import Servers
from .settings import Settings

RECORD_SECONDS = 10.0
"""How long a stop waits for the record to be written once everything has ended."""

_LOG = logging.getLogger("sluicegate")


def live(settings: Settings, ports: Ports, secrets: Secrets, inspector: Future[Inspector]) -> None:
    """Serve until a signal. Raises `ApplianceError` when that cannot be."""
    _raise_file_limit()
    uvloop.run(_live(settings, ports, secrets, inspector))


async def _live(settings: Settings, ports: Ports, secrets: Secrets, inspector: Future[Inspector]) -> None:
    stop = _stop_on_signals()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(settings))
        control = Control(database, secrets.pepper)
        core = await asyncio.wrap_future(inspector)
        appliance = await build(Ground(settings, secrets, ports, core, database, control))
        stack.push_async_callback(appliance.close)
        with explained():
            first = await bootstrap(control, settings)
            await appliance.directory.load()
        async with _background(appliance, core) as recording:
            servers = appliance.servers(ports, settings.drain_seconds)
            await servers.start()
            announce(settings, appliance.policy, appliance.specs, ports, first)
            await appliance.web_admin.load()
            numbers = [listener.port for listener, _ in appliance.served_on(ports)]
            log_event(_LOG, logging.INFO, "started", ports=numbers)
            _settle()
            await _until_stopped(stop, servers, recording)
            log_event(_LOG, logging.INFO, "draining", seconds=settings.drain_seconds)
            await servers.drain()
    log_event(_LOG, logging.INFO, "stopped")


def _settle() -> None:
    """Collect garbage again, but never look at what a start leaves behind: it stays for good."""
    gc.freeze()
    gc.enable()


@asynccontextmanager
async def _background(appliance: Appliance, core: Inspector) -> AsyncIterator[asyncio.Task[None]]:
    """Record and refresh while the body runs; at its end write what is left. Gives the recording.

    Raises `ApplianceError` when something could not be written.
    """
    recording = asyncio.create_task(appliance.recorder.run())
    refreshing = asyncio.create_task(appliance.refresher.run())
    warming = asyncio.create_task(_warm(core))
    try:
        yield recording
    finally:
        refreshing.cancel()
        warming.cancel()
        appliance.recorder.stop()
        await asyncio.wait([recording], timeout=RECORD_SECONDS)
        recording.cancel()
        await asyncio.gather(recording, refreshing, warming, return_exceptions=True)
        if lost := appliance.recorder.abandon():
            raise ApplianceError(f"{lost} audit entries could not be written and are lost")


async def _warm(core: Inspector) -> None:
    """Compile rules between requests, so that no exchange waits for its rules to compile."""
    for _ in core.warm():
        await asyncio.sleep(0)


async def _until_stopped(stop: asyncio.Event, servers: Servers, recording: asyncio.Task[None]) -> None:
    """Return at a signal. Raises `ApplianceError` when a part ends that must not."""
    stopping, ending = asyncio.create_task(stop.wait()), asyncio.create_task(servers.ended())
    await asyncio.wait([stopping, ending, recording], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    ending.cancel()
    if not stop.is_set():
        part = "the recorder" if recording.done() else "a server"
        raise ApplianceError(f"{part} ended by itself")


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
