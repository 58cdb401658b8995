"""What the load generator is told and what it tells: plain values that cross a pipe as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One cell to be measured.

    `body` is sent as it is; in streams every ``%SLOT%`` becomes the number of the stream. `expect`
    are texts that every answer has to hold. `pids` are the processes whose cost is asked for.
    Streams run to their end, so `seconds` does not count for them.
    """

    port: int
    headers: Mapping[str, str]
    body: str
    path: str = "/v1/chat/completions"
    expect: Sequence[str] = ()
    concurrency: int = 1
    warm: float = 0.3
    seconds: float = 2.0
    chunks: int = 0
    """Frames of text in a stream; 0 asks for whole answers."""
    pace: float = 0.02
    """Seconds between frames of a stream."""
    stamps: str = ""
    pids: Sequence[int] = ()

    def dump(self) -> bytes:
        """Write it in one line."""
        return orjson.dumps(asdict(self)) + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one cell came to. Latencies are microseconds by name of the percentile; `cpu` is seconds.

    `error` says what was wrong with an answer: then nothing else counts. For streams `requests`
    counts streams, `latency` is that of frames and `text` that of the words in them.
    """

    requests: int = 0
    seconds: float = 0.0
    latency: Mapping[str, float] = field(default_factory=dict)
    text: Mapping[str, float] = field(default_factory=dict)
    sent: int = 0
    """Frames of text that the upstream wrote."""
    frames: int = 0
    """Frames that reached the client with the number that the upstream gave them."""
    cpu: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict)
    """The same by name of the process; those of one name together."""
    load_cpu: float = 0.0
    error: str = ""

    @property
    def count(self) -> int:
        """What the cost is divided by: whole answers, or frames that the upstream wrote."""
        return self.sent or self.requests

    def dump(self) -> bytes:
        """Write it in one line."""
        return orjson.dumps(asdict(self)) + b"\n"


def read_order(line: bytes) -> Order:
    """Read an order back."""
    return Order(**_values(line))


def read_measured(line: bytes) -> Measured:
    """Read a result back."""
    return Measured(**_values(line))


def _values(line: bytes) -> dict[str, Any]:
    values = orjson.loads(line)
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return values
