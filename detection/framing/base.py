"""How the frames of a streamed answer are cut out of bytes and put into bytes, sans-io.

Every byte is accounted for: the `raw` of all events, and what `close` returns, are the input.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

LARGEST = 4 << 20
"""Bytes one event may have."""


class Event(Protocol):
    """One event as it came.

    `data` is the frame's JSON; None when the event has none (a comment, a ping). `plain`: `raw` is a
    beginning that says nothing of its own, `data`, and an end; such frames may be told by their bytes.
    `name` is what the framing calls the event, empty where it has no names.
    """

    @property
    def raw(self) -> bytes:
        """The bytes of the event, all of them."""
        ...

    @property
    def data(self) -> bytes | None:
        """The frame's JSON."""
        ...

    @property
    def plain(self) -> bool:
        """Whether nothing but `data` could say anything."""
        ...

    @property
    def name(self) -> str:
        """Name of the event."""
        ...

    def with_data(self, data: bytes) -> bytes:
        """Write the event with other data."""
        ...

    def without_data(self) -> bytes:
        """Return what reaches the client beside the data, as bytes to be judged."""
        ...


class FrameParser(Protocol):
    """Cuts one byte stream into events, and puts what leaves together again."""

    @property
    def separates(self) -> bool:
        """Whether the next event that leaves may need something in front: `join` is asked even for one."""
        ...

    @property
    def idle(self) -> bool:
        """Whether no bytes wait for the rest of their event."""
        ...

    def feed(self, chunk: bytes) -> Sequence[Event]:
        """Take the next bytes and return the events they complete. Raises `UpstreamFault`."""
        ...

    def close(self) -> Event | None:
        """Return what came after the last end, if anything: an event the upstream did not finish."""
        ...

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put together what leaves next: events as they came or were written, some left out."""
        ...


@runtime_checkable
class Unfinished(Protocol):
    """A parser that shows what waits."""

    @property
    def unfinished(self) -> bytes:
        """The bytes that wait for the rest of their event."""
        ...


class Framing(Protocol):
    """One way to put JSON frames into a byte stream. Stateless and shared."""

    @property
    def mark(self) -> bytes | None:
        """Data of an event that only says that nothing more comes; None where there is none."""
        ...

    @property
    def end(self) -> bytes:
        """Bytes that follow the last frame of an answer that is ended by us."""
        ...

    @property
    def after_fault(self) -> bytes:
        """Bytes that follow a frame that tells of a fault."""
        ...

    def parser(self) -> FrameParser:
        """Begin a stream."""
        ...

    def write(self, tree: Any) -> bytes:
        """Write an event whose data is this JSON."""
        ...
