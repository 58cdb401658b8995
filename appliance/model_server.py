"""The small transformer behind a Unix socket: one line for the texts of all workers, one thread that reads.

Frames are those of the bus. Up: ``hello`` with the token, ``judge`` with a number, the seconds that are left
and a text, ``drop`` with a number. Down: ``said`` with number, model, scores, seconds and - where there are
no scores - why.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, thread_time
from typing import Any, Protocol

from ..middleware.faults import describe
from .bus import Bus, BusConnection, framed
from .logging import log_event
from .model_queue import Job, ModelQueue

MOST = 8 * 1024 * 1024
"""Bytes of a frame: a text of a mebibyte, spelled as it may be."""

_LOG = logging.getLogger("sluicegate.model")


class Model(Protocol):
    """What reads texts, a part at a time."""

    @property
    def version(self) -> str:
        """Which model, as records name it."""
        ...

    def parts(self, text: str) -> Sequence[str]:
        """Cut a text into parts that are read one after another."""
        ...

    def read(self, part: str) -> Any:
        """Judge a part; takes tens of milliseconds."""
        ...

    def said(self, readings: Sequence[Any]) -> list[tuple[str, float]]:
        """Return categories and scores of a text from the readings of its parts."""
        ...


class ModelServer:
    """Serves a model on the listener of a bus of its own."""

    def __init__(self, bus: Bus, model: Model) -> None:
        self._bus = bus
        self._model = model
        self._queue = ModelQueue()
        self._jobs: dict[tuple[BusConnection, int], Job] = {}
        self._workers: set[BusConnection] = set()
        self._work = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._server: asyncio.Server | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, and read what comes."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, sock=self._bus.listener)
        self._reading = loop.create_task(self._read())

    async def close(self) -> None:
        """Stop at once: who waits sees the end of its connection."""
        if self._server is not None:
            self._server.close()
        for worker in list(self._workers):
            worker.abort()
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _connection(self) -> BusConnection:
        return BusConnection(MOST, self._hear, self._lost)

    def _hear(self, worker: BusConnection, kind: str, content: Any) -> None:
        if kind == "hello" and self._bus.opens(content):
            self._workers.add(worker)
        elif kind == "judge" and worker in self._workers:
            self._judge(worker, *content)
        elif kind == "drop" and worker in self._workers:
            self._drop(worker, content)
        else:
            log_event(_LOG, logging.ERROR, "model_stranger")
            worker.abort()

    def _judge(self, worker: BusConnection, number: int, seconds: float, text: str) -> None:
        def answer(job: Job, reason: str) -> None:
            self._jobs.pop((worker, number), None)
            scores = [] if reason else self._model.said(job.scores)
            worker.send(framed("said", (number, self._model.version, scores, job.seconds, reason)))

        job = Job(self._model.parts(text), monotonic() + seconds, answer)
        if not self._queue.add(job):
            answer(job, "busy")
            return
        self._jobs[worker, number] = job
        self._work.set()

    def _drop(self, worker: BusConnection, number: int) -> None:
        job = self._jobs.pop((worker, number), None)
        if job is not None:
            job.gone = True

    def _lost(self, worker: BusConnection) -> None:
        self._workers.discard(worker)
        for key in [key for key in self._jobs if key[0] is worker]:
            self._jobs.pop(key).gone = True

    async def _read(self) -> None:
        """Read part after part, for as long as there are any."""
        loop = asyncio.get_running_loop()
        while True:
            job = self._queue.next(monotonic())
            if job is None:
                self._work.clear()
                await self._work.wait()
                continue
            try:
                await loop.run_in_executor(self._thread, self._part, job)
            except Exception as fault:  # noqa: BLE001 - whatever a model raises is a text that it did not judge
                log_event(_LOG, logging.ERROR, "model_failed", error=describe(fault))
                job.answer(job, "failed")
                continue
            if job.parts:
                self._queue.put_back(job)
            elif not job.gone:
                job.answer(job, "")

    def _part(self, job: Job) -> None:
        began = thread_time()
        job.scores.append(self._model.read(job.parts[0]))
        job.parts = job.parts[1:]
        job.seconds += thread_time() - began
