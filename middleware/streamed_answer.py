"""An answer that is judged as it comes; what the core lets go leaves at once."""

from ..detection.errors import UpstreamFault
from ..detection.inspection import AskingStream, PassingStream, Step
from ..detection.types import Action
from ..detection.unscannable import DEAD_TIER
from .asgi import Headers
from .desk import Desk
from .headers import keep_but_outdated
from .journal import Journal


class StreamedAnswer:
    """Judges and sends a stream of frames until it ends, or the core has ended it.

    Args:
        desk: the exchange.
        status: of the answer.
        headers: of the answer, as the client gets them.

    Raises `UpstreamFault` where nothing streams.
    """

    __slots__ = ("_asking", "_desk", "_guard", "_headers", "_passing", "_spent", "_status")

    def __init__(self, desk: Desk, status: int, headers: Headers) -> None:
        self._desk = desk
        self._status = status
        self._headers = headers
        self._asking = desk.inspection.asking_stream()
        self._guard = guard = desk.guard = self._asking or desk.inspection.stream()
        self._passing = guard if isinstance(guard, PassingStream) else None
        self._spent = 0.0
        desk.journal.streamed = True

    async def take(self, piece: bytes, *, last: bool) -> bool:
        """Deal with the next piece; see `origin.Taker`. Raises `UpstreamFault`."""
        try:
            return await self._take(piece, last=last)
        except UpstreamFault:
            self._desk.unreadable()
            raise

    async def _take(self, piece: bytes, *, last: bool) -> bool:
        desk, passing = self._desk, self._passing
        journal, outlet, times = desk.journal, desk.outlet, desk.times
        release, stopped, told = None, False, False
        if passing is not None and not last:
            release = passing.passing(piece)
        if release is not None:
            lap = times.lap()
            times.guard += lap
            self._spent += lap
        else:
            release, stopped, told, _ = await self._fed(piece, last=last)
            times.guard += times.lap()
        if not outlet.started:
            await self._begin()
        if last or stopped:
            journal.close(why_stopped(journal) if stopped else "complete")
            await outlet.end(release)
            return False
        if release:
            await outlet.piece(release)
        journal.told = journal.told or told
        times.lap()  # the time that the client took is nobody's
        return True

    async def _fed(self, piece: bytes, *, last: bool) -> Step:
        """Return what a piece came to, and the end of the stream behind it, once models were asked."""
        guard, asking = self._guard, self._asking
        if self._passing is not None and self._spent:
            self._passing.spent(self._spent)
            self._spent = 0.0
        step = guard.feed(piece)
        if step.ask is not None and asking is not None:
            step = await self._answered(asking, step)
        if not last or step.ended:
            return step
        end = guard.close()
        end = end._replace(release=step.release + end.release)
        return end if end.ask is None or asking is None else await self._answered(asking, end)

    async def _answered(self, guard: AskingStream, step: Step) -> Step:
        """Ask models what the core wants to hear; what may leave without their word goes first."""
        desk, told = self._desk, step.told
        while step.ask is not None:
            if step.release:
                if not desk.outlet.started:
                    await self._begin()
                await desk.outlet.piece(step.release)
            step = guard.answer(await desk.panel.opinions(step.ask))
            told = told or step.told
        return step._replace(told=told)

    async def _begin(self) -> None:
        desk = self._desk
        desk.journal.status = self._status
        desk.journal.open()
        labels = desk.labels.stream(desk.policy, desk.journal.core())
        await desk.outlet.head(self._status, [*keep_but_outdated(self._headers), *labels])


def why_stopped(journal: Journal) -> str:
    """Why the core ended the stream: a finding or a dead tier said so, or the stream could not be read."""
    answer = journal.core().answer
    if answer is None:
        return "upstream_error"
    dead = any(item.reason.startswith(DEAD_TIER) for item in answer.receipt.unjudged)
    found = dead or any(item.action is Action.BLOCK for item in answer.decided)
    return "stopped" if found else "upstream_error"
