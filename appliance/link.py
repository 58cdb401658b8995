"""A worker's end of the bus: keeps the snapshot in force, asks the control process what only it knows."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from itertools import count
from time import monotonic
from typing import Any

import orjson

from ..admin_ui.store.record import unpack
from ..detection.errors import UpstreamFault
from ..detection.types import AuditEntry, Principal
from ..middleware.snapshot import BadSnapshot, Snapshot, decode
from .bus import MOST_DOWN, Bus, BusConnection, framed, joined
from .logging import log_event

STALE_SECONDS = 5.0
"""Seconds without a word after which the control process counts as away."""
ANSWER_SECONDS = 5.0
"""How long an answer is waited for."""
MOST_QUESTIONS = 64
"""Questions that one worker asks at a time."""
OPEN_KEY = "open"
"""Stands for a key in the record of a call that needed none."""
TRANSPARENT_KEY = "transparent"
"""The same for a request that was never meant for us."""
_RETRY_SECONDS = 0.1

_LOG = logging.getLogger("sluicegate.link")


class Link:
    """Connects for ever, and again when the control process was replaced.

    Implements `AuditReader` and the detection service's `Results`. `replace` is called with each
    snapshot; while nobody answers, the last one stays in force.
    """

    def __init__(self, bus: Bus, replace: Callable[[Snapshot], None]) -> None:
        self._bus = bus
        self._replace = replace
        self._connection: BusConnection | None = None
        self._heard = monotonic()
        self._database = False
        self._numbers = count()
        self._questions: dict[int, asyncio.Future[Any]] = {}
        self.operator = Principal("", "", "", OPEN_KEY)
        """Who calls without a key where that is allowed."""
        self.interception = Principal("", "", "", TRANSPARENT_KEY)
        """Whose requests the transparent proxy hands over."""
        self.known = asyncio.Event()
        """Set by the first snapshot."""
        self._gone = asyncio.Event()

    @property
    def fresh(self) -> bool:
        """Whether the control process was heard of lately."""
        return monotonic() - self._heard < STALE_SECONDS

    @property
    def database(self) -> bool:
        """Whether the control process said lately that the database answers."""
        return self._database and self.fresh

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                await self._connect()
            except OSError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            await self._gone.wait()
            self._connection = None
            self._abandon()
            await asyncio.sleep(_RETRY_SECONDS)

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        """Return the exchange if it belongs to the principal's application, else None.

        Raises `UpstreamFault` when the control process or its database cannot answer now.
        """
        question = (exchange_id, principal.tenant_id, principal.application_id)
        found = await self._answer("find", question)
        return None if found is None else unpack(orjson.dumps(found)).entry()

    async def ask(self, question: str, principal: Principal, options: Mapping[str, Any]) -> Any:
        """Return what the record of the principal's tenant says. Raises `UpstreamFault` like `find`."""
        asked = (question, principal.tenant_id, principal.application_id, principal.key_id, dict(options))
        return await self._answer("ask", asked)

    async def _answer(self, kind: str, question: tuple[Any, ...]) -> Any:
        """Ask the control process and return its answer."""
        if self._connection is None or len(self._questions) >= MOST_QUESTIONS:
            raise _away()
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        try:
            self._connection.send(framed(kind, (number, *question)))
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise _away() from None
        finally:
            del self._questions[number]

    async def _connect(self) -> None:
        self._gone.clear()
        self._connection = await joined(self._bus, MOST_DOWN, self._hear, self._lost)

    def _lost(self, _: BusConnection) -> None:
        self._gone.set()

    def _hear(self, connection: BusConnection, kind: str, content: Any) -> None:
        self._heard = monotonic()
        if kind == "beat":
            self._database = bool(content)
        elif kind == "operator":
            tenant, application, name = content
            self.operator = Principal(tenant, application, name, OPEN_KEY)
        elif kind == "interception":
            tenant, application, name = content
            self.interception = Principal(tenant, application, name, TRANSPARENT_KEY)
        elif kind == "snapshot":
            self._take(connection, content)
        elif kind == "found":
            self._settle(*content)

    def _take(self, connection: BusConnection, content: Any) -> None:
        try:
            self._replace(decode(content))
        except BadSnapshot:
            log_event(_LOG, logging.ERROR, "bad_snapshot")
            connection.abort()
        else:
            self.known.set()

    def _settle(self, number: int, answered: bool, found: Any) -> None:
        answer = self._questions.get(number)
        if answer is None or answer.done():
            return
        if answered:
            answer.set_result(found)
        else:
            answer.set_exception(_away())

    def _abandon(self) -> None:
        for answer in self._questions.values():
            if not answer.done():
                answer.set_exception(_away())


def _away() -> UpstreamFault:
    return UpstreamFault(
        "The record cannot be read now; try again later.", code="audit_unavailable", status=503
    )
