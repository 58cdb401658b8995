"""An answer that is judged as it comes; what the core lets go leaves at once."""

from ..detection.types import Action
from .asgi import Headers
from .desk import Desk
from .headers import keep_but_outdated
from .journal import Journal
from .origin import OriginAnswer


async def deliver_stream(desk: Desk, answer: OriginAnswer, headers: Headers) -> None:
    """Read, judge and send a stream of frames until it ends, or the core has ended it.

    Raises `UpstreamFault` where nothing streams.
    """
    guard = desk.guard = desk.inspection.stream()
    journal, outlet, times = desk.journal, desk.outlet, desk.times
    journal.streamed = True
    while True:
        piece = await desk.read(answer)
        step = guard.feed(piece)
        release, stopped = step.release, step.ended
        last = answer.ended
        if last and not stopped:
            step = guard.close()
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


async def _begin(desk: Desk, status: int, headers: Headers) -> None:
    desk.journal.status = status
    desk.journal.open()
    labels = desk.labels.stream(desk.policy, desk.journal.core())
    await desk.outlet.head(status, [*keep_but_outdated(headers), *labels])


def why_stopped(journal: Journal) -> str:
    """Why the core ended the stream: a finding said so, or the stream could not be read."""
    answer = journal.core().answer
    found = answer is not None and any(item.action is Action.BLOCK for item in answer.decided)
    return "stopped" if found else "upstream_error"
