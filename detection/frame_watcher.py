"""Recording a streamed answer that nothing can change."""

from .frame_guard import FrameGuard
from .inspection import Step
from .surrender import Held


class FrameWatcher:
    """Records a streamed answer that the policy cannot change: every byte passes at once.

    Args:
        guard: judges the answer; what it would release is not used.
    """

    def __init__(self, guard: FrameGuard):
        self._guard = guard
        guard.only_watch()

    def feed(self, chunk: bytes) -> Step:
        """Judge the next bytes and pass them on."""
        return Step(chunk, told=self._guard.feed(chunk).told)

    def close(self) -> Step:
        """Judge what was still open."""
        self._guard.close()
        return Step()

    def held(self) -> Held:
        """Return nothing: all that came has left."""
        return Held()

    def surrender(self, held: Held) -> bytes:
        """Return nothing, see `held`."""
        return b""

    def fault(self, message: str) -> bytes:
        """End a stream that broke off, and an event that was cut off before."""
        cut_off = b"" if self._guard.idle else b"\n\n"
        return cut_off + self._guard.fault(message)
