"""The control process's end of the bus: tells every worker what is in force, answers what they ask."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import orjson

from ..admin_ui.store.record import pack
from ..detection.ports import AuditReader
from ..detection.types import Principal
from ..gateway.detection_api.asking import Results
from ..middleware.snapshot import Snapshot, encode
from .bus import MOST_UP, Bus, BusConnection, framed
from .logging import log_event

BEAT_SECONDS = 1.0
"""How often workers are told that the control process lives, and how the database is."""
MOST_QUESTIONS = 256
"""Questions of all workers that are answered at a time; more are told to come again."""

_LOG = logging.getLogger("sluicegate.hub")


class Hub:
    """Serves the bus.

    `fresh` says whether the database answers, `finder` finds an exchange, `results` answers for a tenant.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        fresh: Callable[[], bool],
        finder: AuditReader,
        results: Results,
    ) -> None:
        self._bus = bus
        self._fresh = fresh
        self._finder = finder
        self._results = results
        self.operator: tuple[str, str, str] = ("", "", "")
        """Ids of the tenant and the application, and its name, for calls without a key."""
        self.interception: tuple[str, str, str] = ("", "", "")
        """The same for what the transparent proxy hands over."""
        self._snapshot: bytes | None = None
        self._workers: set[BusConnection] = set()
        self._answering: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._beating: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Serve; workers that connect before the first `push` wait for it."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, sock=self._bus.listener)
        self._beat()

    async def close(self) -> None:
        """End every connection."""
        if self._beating is not None:
            self._beating.cancel()
        if self._server is not None:
            self._server.close()
        for worker in list(self._workers):
            worker.abort()
        for task in self._answering:
            task.cancel()
        if self._answering:
            await asyncio.wait(self._answering)

    def push(self, snapshot: Snapshot) -> None:
        """Put a snapshot in force on every worker, also on those that connect later."""
        self._snapshot = framed("snapshot", orjson.Fragment(encode(snapshot)))
        self._tell(self._snapshot)

    def _beat(self) -> None:
        self._tell(framed("beat", self._fresh()))
        self._beating = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)

    def _tell(self, frame: bytes) -> None:
        for worker in list(self._workers):
            worker.send(frame)

    def _connection(self) -> BusConnection:
        return BusConnection(MOST_UP, self._hear, self._workers.discard)

    def _hear(self, worker: BusConnection, kind: str, content: Any) -> None:
        if kind == "hello" and self._bus.opens(content):
            self._workers.add(worker)
            worker.send(framed("operator", self.operator))
            if self.interception[0]:
                worker.send(framed("interception", self.interception))
            worker.send(framed("beat", self._fresh()))
            if self._snapshot is not None:
                worker.send(self._snapshot)
        elif kind == "find" and worker in self._workers:
            self._ask(worker, content[0], self._found(*content[1:]))
        elif kind == "ask" and worker in self._workers:
            self._ask(worker, content[0], self._told(*content[1:]))
        else:
            log_event(_LOG, logging.ERROR, "bus_stranger", kind=str(kind)[:40])
            worker.abort()

    def _ask(self, worker: BusConnection, number: int, finding: Coroutine[Any, Any, object]) -> None:
        if len(self._answering) >= MOST_QUESTIONS:
            finding.close()
            worker.send(framed("found", (number, False, None)))
            return
        task = asyncio.get_running_loop().create_task(self._answer(worker, number, finding))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, worker: BusConnection, number: int, finding: Coroutine[Any, Any, object]) -> None:
        answered, found = False, None
        with suppress(Exception):  # whatever a database says that is away: the worker is told that it is
            found = await finding
            answered = True
        worker.send(framed("found", (number, answered, found)))

    async def _found(self, exchange_id: str, tenant: str, application: str) -> orjson.Fragment | None:
        entry = await self._finder.find(exchange_id, Principal(tenant, application, "", ""))
        return None if entry is None else orjson.Fragment(pack(entry))

    async def _told(
        self, question: str, tenant: str, application: str, key: str, options: dict[str, Any]
    ) -> object:
        return await self._results.ask(question, Principal(tenant, application, "", key), options)
