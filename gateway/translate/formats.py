"""What a format has to offer to be translated from or to."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from ...detection.framing.base import FrameParser
from .deltas import Delta
from .middle import Asked, Made, Said


class Sent(NamedTuple):
    """A request for an upstream: `path` as the table of routes of `provider` writes it, and what follows."""

    provider: str
    path: bytes
    body: bytes
    query: bytes = b""


class StreamReader(Protocol):
    """Reads the events of one stream."""

    def read(self, data: bytes) -> Iterable[Delta]:
        """Return what an event says, given its data. Raises `UpstreamFault` where that is unreadable."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the stream may end here."""
        ...


class StreamWriter(Protocol):
    """Writes one stream for a client."""

    def write(self, delta: Delta) -> bytes:
        """Return the events that tell of it; none where it says nothing new."""
        ...


class ClientFormat(Protocol):
    """A format in which clients ask."""

    def read(self, tree: Any) -> Asked:
        """Read a request. Raises `BadInput` naming what no other format knows."""
        ...

    def answer(self, said: Said, made: Made) -> bytes:
        """Write a whole answer."""
        ...

    def writer(self, asked: Asked, made: Made) -> StreamWriter:
        """Begin a stream."""
        ...

    def error(self, status: int, message: str) -> bytes:
        """Write an error that the upstream told."""
        ...


class UpstreamFormat(Protocol):
    """A format that upstreams understand."""

    media: bytes
    """Type of a streamed answer."""

    def request(self, asked: Asked, model: str) -> Sent:
        """Write a request for a model. Raises `BadInput` naming what the format cannot express."""
        ...

    def answer(self, tree: Any, made: Made) -> Said:
        """Read a whole answer. Raises `UpstreamFault`."""
        ...

    def parser(self) -> FrameParser:
        """Begin to cut a stream into events."""
        ...

    def reader(self, made: Made) -> StreamReader:
        """Begin to read the events of a stream."""
        ...
