"""What is measured of each subject: the cells, and the order that measures one."""

from dataclasses import dataclass, replace

from .orders import Order
from .stamps import MOST_CHUNKS
from .subject import Running
from .workload import CARD, EMAIL, MARK, chat_body, plain_prompt, prompt_with_hits, stream_prompt


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of exchange at one concurrency."""

    kind: str
    """``plain``, ``hits`` or ``stream``."""
    concurrency: int

    @property
    def name(self) -> str:
        """As in tables and options: ``plain-16``."""
        return f"{self.kind}-{self.concurrency}"


CELLS = tuple(
    [Cell("plain", number) for number in (1, 16, 64)]
    + [Cell("hits", 16)]
    + [Cell("stream", number) for number in (1, 16, 64)]
)


@dataclass(frozen=True, slots=True)
class Measure:
    """How long and how fine: seconds a cell, seconds before it, frames of a stream and their pace."""

    seconds: float = 2.0
    warm: float = 0.4
    pace: float = 0.02

    @property
    def chunks(self) -> int:
        """Frames of a stream that lasts about as long as a cell."""
        return max(4, min(MOST_CHUNKS, round(self.seconds / self.pace)))


def order(cell: Cell, running: Running, measure: Measure, stamps: str) -> Order:
    """Say how a cell of a running subject is measured. `stamps` is the path of the shared table."""
    common = Order(
        port=running.port,
        headers=running.headers,
        body=chat_body(plain_prompt()).decode(),
        expect=(MARK,),
        concurrency=cell.concurrency,
        warm=measure.warm,
        seconds=measure.seconds,
        pids=running.pids(),
    )
    if running.ask is not None:
        return replace(common, path=running.ask.path, body=running.ask.body, expect=running.ask.expect)
    if cell.kind == "hits":
        expect = ("chat.completion", EMAIL, CARD) if running.restores else ("chat.completion",)
        return replace(common, body=chat_body(prompt_with_hits()).decode(), expect=expect)
    if cell.kind == "stream":
        body = chat_body(stream_prompt("%SLOT%"), stream=True).decode()
        return replace(
            common,
            path=running.streams + common.path,
            body=body,
            chunks=measure.chunks,
            pace=measure.pace,
            stamps=stamps,
        )
    return common
