"""Frames of calls of tools, which wait until the arguments are judged to their end.

Some clients take the beginning of a call for all of it, and run the tool. So no part of a call leaves before
the whole of it may: a stream that is stopped tells of no call that it did not finish. Frames of texts pass.
"""

from collections.abc import Iterable

from .dialects import Frame, Slot
from .errors import UpstreamFault
from .growth import Growth
from .types import Kind

LARGEST = 16 << 20
"""Bytes of frames that may wait for the end of a call."""


class HeldCalls:
    """What waits of one stream.

    Attributes:
        frames: what waits, in order.
        ended: choices whose end waits among it.

    Args:
        waits: False where every byte has left: then nothing waits.
    """

    __slots__ = ("_counted", "_open", "_size", "_targets", "_waits", "ended", "frames")

    def __init__(self, *, waits: bool = True) -> None:
        self._waits = waits
        self._begin()

    def _begin(self) -> None:
        self._open: dict[str, int] = {}
        self._targets: set[str] = set()
        self._size = self._counted = 0
        self.frames: list[bytes] = []
        self.ended: set[int] = set()

    def __contains__(self, target: str) -> bool:
        """Say whether a text is of a call that was not told."""
        return target in self._targets

    @property
    def targets(self) -> Iterable[str]:
        """The arguments of all calls that were not told."""
        return self._targets

    def notes(self, frame: Frame, growth: Growth) -> bool:
        """Note the calls that begin with a frame; say whether it is about one that waits."""
        if not self._waits:
            return False
        about = False
        for slot in frame.slots:
            if slot.kind is Kind.ARGUMENTS and not growth.ends(slot):
                self._open[slot.target] = slot.choice
                self._targets.add(slot.target)
                about = True
        return about or (bool(self._open) and self._ends_one(frame))

    def _ends_one(self, frame: Frame) -> bool:
        return (
            any(target in self._open for target in frame.closed)
            or any(slot.target in self._open for slot in frame.repeats)
            or any(choice in self._open.values() for choice in frame.ended)
        )

    def way(self, frame: Frame, out: list[bytes]) -> list[bytes]:
        """Return where a frame goes that is about a call: among what waits, or out behind all of it."""
        going = self._open
        for target in (*frame.closed, *(slot.target for slot in frame.repeats)):
            going.pop(target, None)
        if frame.ended:
            self._open = {target: choice for target, choice in going.items() if choice not in frame.ended}
        if self._open:
            self.ended.update(frame.ended)
            return self.frames
        self.release(out)
        return out

    def release(self, out: list[bytes]) -> None:
        """Let go of all that waits."""
        out += self.frames
        self._begin()

    def keep(self, frame: bytes) -> None:
        """Keep a frame. Raises `UpstreamFault` as `check` does."""
        if frame:
            self.frames.append(frame)
            self.check()

    def check(self) -> None:
        """Count what was put among the frames. Raises `UpstreamFault` where too much waits."""
        while self._counted < len(self.frames):
            self._size += len(self.frames[self._counted])
            self._counted += 1
        if self._size > LARGEST:
            raise UpstreamFault("The upstream's call of a tool is too long.", code="upstream_protocol")

    def told(self, slots: Iterable[Slot]) -> list[Slot]:
        """Return the slots of texts that the client was told of."""
        return [slot for slot in slots if slot.target not in self._targets]
