"""An answer that is judged as it comes; what the core lets go leaves at once."""

from ..detection.inspection import AskingStream, Step
from ..detection.types import Action
from ..detection.unscannable import DEAD_TIER
from .asgi import Headers
from .desk import Desk
from .headers import keep_but_outdated
from .journal import Journal
from .origin import OriginAnswer


async def deliver_stream(desk: Desk, answer: OriginAnswer, headers: Headers) -> None:
    """Read, judge and send a stream of frames until it ends, or the core has ended it.

    Raises `UpstreamFault` where nothing streams.
    """
    asking = desk.inspection.asking_stream()
    guard = desk.guard = asking or desk.inspection.stream()
    journal, outlet, times = desk.journal, desk.outlet, desk.times
    journal.streamed = True
    while True:
        piece = await desk.read(answer)
        step = guard.feed(piece)
        if step.ask is not None and asking is not None:
            step = await _answered(desk, asking, step, answer.status, headers)
        release, stopped = step.release, step.ended
        last = answer.ended
        if last and not stopped:
            step = guard.close()
            if step.ask is not None and asking is not None:
                step = step._replace(release=release + step.release)
                step, release = await _answered(desk, asking, step, answer.status, headers), b""
            release, stopped = release + step.release, step.ended
        times.guard += times.lap()
        if not outlet.started:
            await _begin(desk, answer.status, headers)
        if last or stopped:
            journal.close(why_stopped(journal) if stopped else "complete")
            await outlet.end(release)
            return
        if release:
            await outlet.piece(release)
        journal.told = journal.told or step.told


async def _answered(desk: Desk, guard: AskingStream, step: Step, status: int, headers: Headers) -> Step:
    """Ask models what the core wants to hear; what may leave without their word goes first."""
    told = step.told
    while step.ask is not None:
        if step.release:
            if not desk.outlet.started:
                await _begin(desk, status, headers)
            await desk.outlet.piece(step.release)
        step = guard.answer(await desk.panel.opinions(step.ask))
        told = told or step.told
    return step._replace(told=told)


async def _begin(desk: Desk, status: int, headers: Headers) -> None:
    desk.journal.status = status
    desk.journal.open()
    labels = desk.labels.stream(desk.policy, desk.journal.core())
    await desk.outlet.head(status, [*keep_but_outdated(headers), *labels])


def why_stopped(journal: Journal) -> str:
    """Why the core ended the stream: a finding or a dead tier said so, or the stream could not be read."""
    answer = journal.core().answer
    if answer is None:
        return "upstream_error"
    dead = any(item.reason.startswith(DEAD_TIER) for item in answer.receipt.unjudged)
    found = dead or any(item.action is Action.BLOCK for item in answer.decided)
    return "stopped" if found else "upstream_error"
