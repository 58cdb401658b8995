"""A plain text that grows: what a stream guard does, without a provider's frames."""

import time

from .errors import BadInput
from .growing import Growing
from .judge import Ledger
from .types import Unjudged


class GrowingText:
    """Judges one text that comes in pieces.

    Args:
        growing: the text, its channel opened.
        ledger: where findings go.
        passes: every character leaves at once, because the policy changes nothing.
    """

    def __init__(self, growing: Growing, ledger: Ledger, *, passes: bool):
        self._growing = growing
        self._ledger = ledger
        self._passes = passes
        self._ended = False
        self.blocked = False
        """Whether a finding or a fault stopped the text: nothing more is released."""
        ledger.segments += 1

    def feed(self, text: str) -> str:
        """Take the next characters, cut anywhere; return what may leave. Raises `BadInput`."""
        return self._step(text, final=False)

    def close(self) -> str:
        """The text ended: judge and return what was held. Raises `BadInput`."""
        return self._step("", final=True)

    def _step(self, text: str, *, final: bool) -> str:
        released = "" if self._ended else self._judged(text, final=final)
        return text if self._passes else released

    def _judged(self, text: str, *, final: bool) -> str:
        began = time.perf_counter()
        before = self._growing.decided
        try:
            released, self.blocked = self._growing.feed(text, final)
        except BadInput as fault:
            self._fail(fault)
            released = ""
        self._ended = self._ended or self.blocked or final
        self._ledger.characters += self._growing.decided - before
        self._ledger.seconds += time.perf_counter() - began
        return released

    def _fail(self, fault: BadInput) -> None:
        """End a text that cannot be judged: nothing more of it is released."""
        self._ledger.unjudged.append(Unjudged("", fault.code))
        self._ended = True
        if not self._passes:
            self.blocked = self._ledger.stopped = True
            raise fault
