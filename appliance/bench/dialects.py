"""What the layer of dialects costs: a streamed event of each format, and a chat request with its answer.

Nothing is looked for (`unjudged.py`), so what is left is reading, collecting texts, letting them go and
writing. It is taken over bytes that pass unread, in the same process: of an exchange over the same exchange
in a format that nobody reads, of a stream over a guard that hands each piece on as it came.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Protocol

from ...detection.dialects import DIALECTS, Asked, Dialect
from ...detection.framing.base import Framing
from ...detection.inspection import PassingStream
from ...detection.json_text import dump
from .figures import Spread, spread
from .scanning import timed
from .streamed import Streamed, streamed
from .unguarded import PassedStream
from .unjudged import UNREAD, Unjudging
from .workload import NUMBER, fixed_answer, post_body

_BODIES = 16
"""Different bodies in turn: no two of a provider's are the same."""
_STRETCHES = 15
"""Streams of which the fastest counts: a stream lasts a millisecond, what disturbs it mostly longer."""


@dataclass(frozen=True, slots=True)
class EventCost:
    """Microseconds of processor time for an event: only cut out of its stream, and all our layer does."""

    name: str
    framing: Spread
    layer: Spread


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Microseconds of processor time for a request of 1.2 kB and its answer: read, and passed unread."""

    read: float
    unread: float

    @property
    def layer(self) -> float:
        """What reading adds."""
        return self.read - self.unread


def exchanged(seconds: float) -> Exchanged:
    """Measure an exchange; `seconds` is how long each of both takes."""
    unjudging = Unjudging()
    pairs = cycle([*zip(_numbered(post_body()), _numbered(fixed_answer()), strict=True)])

    def cost(dialect: Dialect) -> float:
        return timed(lambda: unjudging.whole(dialect, *next(pairs)), seconds) * 1e6

    return Exchanged(cost(DIALECTS["openai_chat"]), cost(UNREAD))


def events(rounds: int) -> list[EventCost]:
    """Measure an event of each format; a round measures all, so what disturbs one is not all of a figure."""
    unjudging, streams = Unjudging(), [*streamed()]
    found = [[_event(unjudging, stream) for stream in streams] for _ in range(rounds)]
    return [
        EventCost(stream.name, *map(_known, zip(*costs, strict=True)))
        for stream, costs in zip(streams, zip(*found, strict=True), strict=True)
    ]


def _numbered(body: bytes) -> Iterable[bytes]:
    return [body.replace(NUMBER.encode(), b"%07d" % number) for number in range(_BODIES)]


def pieces(stream: Streamed) -> list[bytes]:
    """Return a stream as it comes, an event a piece."""
    framing = _framing(stream)
    parser = framing.parser()
    return [parser.join([framing.write(tree)]) for tree in (*stream.begin, *stream.words)]


class _Takes(Protocol):
    """What takes the pieces of a stream."""

    def feed(self, chunk: bytes, /) -> object:
        """Take the next bytes."""
        ...


def _event(unjudging: Unjudging, stream: Streamed) -> tuple[float, float]:
    """Return microseconds of an event: cut out of its stream, and all our layer does."""
    framing, asks, chunks = _framing(stream), dump(stream.asks), pieces(stream)

    def guard() -> _Takes:
        return unjudging.stream(stream.dialect, asks, stream.addressed)

    passed, alone, whole = (_best(made, chunks) for made in (PassedStream, framing.parser, guard))
    return alone - passed, whole - passed


def _framing(stream: Streamed) -> Framing:
    dialect = DIALECTS[stream.dialect]
    asked = dialect.parse_request(dump(stream.asks), stream.addressed)[1]
    shape = dialect.stream(asked if asked.stream else Asked(asked.model, stream=True))
    if shape is None:
        raise ValueError(f"{stream.dialect} does not stream")
    return shape.framing


def _best(made: Callable[[], _Takes], chunks: Sequence[bytes]) -> float:
    """Return microseconds an event, the best of some streams."""
    return min(_seconds(made(), chunks) for _ in range(_STRETCHES)) / len(chunks) * 1e6


def _seconds(taker: _Takes, chunks: Sequence[bytes]) -> float:
    """Take a stream as the gateway does: a piece of which a look is not enough is fed."""
    if isinstance(taker, PassingStream):
        return _looking(taker, chunks)
    feed = taker.feed
    began = time.process_time()
    for chunk in chunks:
        feed(chunk)
    return time.process_time() - began


def _looking(guard: PassingStream, chunks: Sequence[bytes]) -> float:
    passing, feed = guard.passing, guard.feed
    began = time.process_time()
    for chunk in chunks:
        if passing(chunk) is None:
            feed(chunk)
    return time.process_time() - began


def _known(values: Sequence[float]) -> Spread:
    found = spread(values)
    if found is None:
        raise ValueError("no rounds")
    return found
