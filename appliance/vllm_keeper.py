"""Keeps vLLM running: starts it, waits until it can be asked, watches it, starts it again."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from time import monotonic

from ..middleware.guard_client.target import Target
from .backoff import Backoff
from .board import Slot
from .logging import log_event
from .vllm_health import VllmHealth
from .vllm_process import VllmProcess

LONGEST_PAUSE = 60.0
"""Most seconds between two starts: each costs minutes of processor time."""
SICK = 3
"""Times in a row that it may seem unwell before it is ended."""
STEP = 0.5
"""Seconds between two looks at one that starts."""
EVERY = 5.0
"""Seconds between two looks at one that serves."""

_LOG = logging.getLogger("sluicegate.guard")


class VllmKeeper:
    """Keeps one model served until it is cancelled; then nothing of it runs any more.

    Args:
        words: the command.
        environ: its environment.
        target: where it is to be found.
        start_seconds: how long a start may take.
        slot: its first gauge shows whether the model can be asked, its second counts the starts.
    """

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        target: Target,
        start_seconds: float,
        slot: Slot,
    ) -> None:
        self._words = words
        self._environ = environ
        self._target = target
        self._seconds = start_seconds
        self._slot = slot
        self._backoff = Backoff(longest=LONGEST_PAUSE)
        self.started = asyncio.Event()
        """Set when it was started once; it need not serve yet."""
        self.pid = 0
        """Its first process."""

    async def keep(self) -> None:
        """Keep it. Raises `ApplianceError` where there is no such program."""
        while True:
            process = await VllmProcess.start(self._words, self._environ)
            self.pid = process.pid
            self._slot.gauges[1] += 1
            self.started.set()
            log_event(_LOG, logging.INFO, "guard_model_starting", guard_pid=process.pid)
            health = VllmHealth(self._target)
            try:
                reason, served = await self._run(process, health)
            finally:
                self._show(ready=False)
                said = process.said
                await health.close()
                await process.stop()
            self._backoff = self._backoff.ended(served)
            pause = self._backoff.delay
            log_event(
                _LOG, logging.ERROR, "guard_model_ended", reason=reason, said=said, again_in=round(pause, 1)
            )
            await asyncio.sleep(pause)

    def _show(self, *, ready: bool) -> None:
        self._slot.gauges[0] = float(ready)

    async def _run(self, process: VllmProcess, health: VllmHealth) -> tuple[str, float]:
        """Follow one run to its end. Returns why it ended, and how many seconds it served."""
        began = monotonic()
        reason = await self._until_ready(process, health)
        if reason:
            return reason, 0.0
        ready = monotonic()
        log_event(_LOG, logging.INFO, "guard_model_ready", seconds=round(ready - began, 1))
        reason = await self._watch(process, health)
        return reason, monotonic() - ready

    async def _until_ready(self, process: VllmProcess, health: VllmHealth) -> str:
        """Return an empty text when it can be asked, or why it cannot."""
        until = monotonic() + self._seconds
        while not await health.healthy():
            if process.ended.done():
                return f"ended with {process.ended.result()} while it started"
            if monotonic() > until:
                return f"not ready after {self._seconds:g} seconds"
            await asyncio.wait([process.ended], timeout=STEP)
        if not await health.serves():
            return "it does not serve the model under that name"
        process.serves()
        wrong = await health.warm(until - monotonic())
        if wrong:
            # it is asked all the same: the next answer may be better, and a bad one is unjudged
            log_event(_LOG, logging.WARNING, "guard_model_odd", reason=wrong)
        self._show(ready=True)
        return ""

    async def _watch(self, process: VllmProcess, health: VllmHealth) -> str:
        """Return why it serves no longer."""
        sick = 0
        while sick < SICK:
            await asyncio.wait([process.ended], timeout=EVERY)
            if process.ended.done():
                return f"ended with {process.ended.result()}"
            sick = 0 if await health.healthy() else sick + 1
            self._show(ready=not sick)
        return "it does not answer"
