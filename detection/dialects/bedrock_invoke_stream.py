"""The frames of a model's own provider, carried in the chunks of Amazon's event stream."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..framing.aws_event_stream import AwsEventStream
from ..framing.base import Framing
from ..json_read import read
from ..types import Direction, Role
from .base import Frame, Leaving, Slot, StreamShape, Withdrawing
from .collect import Collector

FRAMING = AwsEventStream(chunks=True)


class InvokeStream:
    """Reads and writes the frames of one answer.

    Args:
        shape: the frames as the provider itself streams them.
    """

    framing: Framing = FRAMING

    def __init__(self, shape: StreamShape) -> None:
        self._shape = shape
        self.repeating = shape.repeating

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one frame, or an exception of Bedrock's. Raises `UpstreamFault`."""
        if isinstance(tree, dict) and len(tree) == 1 and next(iter(tree)).endswith("Exception"):
            collector = Collector(Direction.ANSWER)
            collector.walk(tree, "", Role.ASSISTANT)
            return collector.frame(ended=(0,))
        return self._shape.read(tree)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a frame like `tree` that carries one piece of text."""
        return self._shape.carry(tree, slot, text, logprobs)

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Return the frames that end a stopped stream."""
        return self._shape.stop(tree, choices, text, opened)

    def left(self) -> None:
        """Note that the frame read last left; see `Leaving`."""
        if isinstance(self._shape, Leaving):
            self._shape.left()

    def withdraw(self, targets: Iterable[str]) -> None:
        """Forget calls that were never told; see `Withdrawing`."""
        if isinstance(self._shape, Withdrawing):
            self._shape.withdraw(targets)

    def fault(self, message: str) -> Any:
        """Return the exception that ends a stream."""
        return {"modelStreamErrorException": {"message": message}}


def reframed(stream: bytes, framing: Framing) -> bytes:
    """Put the frames of a whole stream of our own into chunks."""
    events = framing.parser().feed(stream)
    frames = [event.data for event in events if event.data is not None and event.data != framing.mark]
    return b"".join([FRAMING.write(read(frame)) for frame in frames])
