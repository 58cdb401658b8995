"""Answers that an app wants to pass unread, as a stream in which no frame holds any text."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..dialects import Frame, Slot
from ..dialects.collect import Collector
from ..framing.base import Framing
from ..types import Direction

_NOTHING = Collector(Direction.ANSWER).frame()


class Bytes(NamedTuple):
    """The next bytes, whatever they are."""

    raw: bytes
    data: bytes | None = None
    plain: bool = True
    name: str = ""

    def with_data(self, data: bytes) -> bytes:
        """Return the bytes: there is no data in them."""
        return self.raw

    def without_data(self) -> bytes:
        """Return nothing that is to be judged."""
        return b""


class _Parser:
    """Takes bytes as they come."""

    idle = True
    separates = False

    def feed(self, chunk: bytes) -> list[Bytes]:
        """Return the bytes."""
        return [Bytes(chunk)] if chunk else []

    def close(self) -> None:
        """Nothing is left."""

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put bytes together."""
        return b"".join(pieces)


class _AnyBytes:
    """Bytes without frames."""

    mark: bytes | None = None
    end = b""
    after_fault = b""

    def parser(self) -> _Parser:
        """Begin a stream."""
        return _Parser()

    def write(self, tree: Any) -> bytes:
        """Write nothing: what an answer looks like is not known."""
        return b""


class UnreadStream:
    """The shape of an answer that nobody reads. Implements `StreamShape`."""

    repeating = False
    framing: Framing = _AnyBytes()

    def read(self, tree: Any, name: str = "") -> Frame:
        """Find nothing."""
        return _NOTHING

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Never asked: no text grows."""
        return None

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Never asked: nothing is found."""
        return []

    def fault(self, message: str) -> Any:
        """Tell nothing."""
        return None
