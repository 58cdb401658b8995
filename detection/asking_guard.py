"""The stream guard of answers that models are asked about, too: window by window, before a window leaves.

It stands before the guard that the patterns are asked by. Frames wait here until all text in them is judged,
by sentences or a few hundred characters; then that guard takes them as if they came just now. So what it
knows of the stream is what the client knows, and it can end the stream in the dialect's own words.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from .dialects import Slot, StreamShape
from .errors import BadInput, UpstreamFault
from .escalation import looks_at
from .framing.base import Event
from .inquiry import Inquiry
from .inspection import Step, StreamGuard
from .json_read import parse
from .judge import Ledger
from .tiers import Ask, Opinion
from .types import Action, Direction, Segment

LEAST = 80
"""Characters that a window has at least, unless its text ends."""
MOST = 320
"""Characters after which a window need not wait for the end of its sentence."""
BEFORE = 400
"""Characters before a window that models read along: what is said in two halves is not lost between them."""
MOST_HELD = 64 * 1024
"""Bytes of frames that wait for the end of a window: an upstream may send any number without a word."""
MOST_TEXTS = 10_000
"""Texts of one answer whose ends are remembered."""

_ENDS = re.compile(r"[.!?\u3002\uff01\uff1f\u0964\u061f][\"')\]\u201d\u2019]*\s*$|\n\s*$")


class Halting(Protocol):
    """What can end a stream."""

    def halt(self) -> bytes:
        """Return what ends the stream as a block does."""
        ...


class Watch(NamedTuple):
    """How the models are asked about a stream.

    Attributes:
        inquiry: begins one; its findings go to the ledger.
        ledger: of the answer.
        passes: nothing can be changed: every byte leaves at once, models only leave their word.
    """

    inquiry: Callable[[], Inquiry]
    ledger: Ledger
    passes: bool


class _Text:
    """The end of a text: what was judged, and what was not."""

    __slots__ = ("_before", "_slot", "fresh")

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._before = ""
        self.fresh = ""

    def window(self) -> Segment:
        """Return what models are to read now; it counts as judged from then on."""
        slot, text = self._slot, self._before + self.fresh
        self._before, self.fresh = text[-BEFORE:], ""
        return Segment(text, slot.target, slot.role, slot.kind, Direction.ANSWER, editable=False)

    @property
    def is_due(self) -> bool:
        """Whether there is enough for a window."""
        size = len(self.fresh)
        return size >= MOST or (size >= LEAST and _ENDS.search(self.fresh, size - 8) is not None)


class AskingGuard:
    """Asks models about an answer that streams. Implements `AskingStream`.

    Args:
        shape: the frames of the answer; one of its own, for it reads ahead.
        guard: judges what the models let pass.
        end: ends the stream that `guard` judges.
        watch: how models are asked.
    """

    def __init__(self, shape: StreamShape, guard: StreamGuard, end: Halting, watch: Watch) -> None:
        self._shape = shape
        self._mark = shape.framing.mark
        self._parser = shape.framing.parser()
        self._guard = guard
        self._end = end
        self._watch = watch
        self._texts: dict[str, _Text] = {}
        self._whole: list[Segment] = []
        self._came: deque[Event] = deque()
        self._unread = bytearray()
        self._held = 0
        self._inquiry: Inquiry | None = None
        self._ended = self._closing = self._blind = False
        self._out: list[Step] = []
        self._flow = self._flowing()
        self.fault = guard.fault

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes of the upstream's answer, cut anywhere."""
        if self._watch.passes:
            self._out.append(self._guard.feed(chunk))
        else:
            self._unread += chunk
        return self._step(lambda: self._parser.feed(chunk))

    def close(self) -> Step:
        """The upstream ended: ask about what was held."""
        self._closing = True
        return self._step(lambda: list(filter(None, [self._parser.close()])))

    def answer(self, opinions: Sequence[Opinion]) -> Step:
        """Take the answer to what the last step asked. Raises `ValueError` where nothing was."""
        if self._inquiry is None:
            raise ValueError("nothing was asked")
        self._inquiry.told(opinions)
        return self._step(tuple)

    def _step(self, events: Callable[[], Sequence[Event]]) -> Step:
        """Go on until a model is to be asked, or nothing is left to look at."""
        began = time.perf_counter()
        try:
            self._came.extend(events())
        except (UpstreamFault, BadInput):
            self._blind = True  # the guard behind comes upon it, too, and ends the stream
        ask = next(self._flow, None)
        steps, self._out = self._out, []
        self._watch.ledger.seconds += time.perf_counter() - began
        told = any(step.told for step in steps)
        return Step(b"".join([step.release for step in steps]), self._ended, told, ask)

    def _flowing(self) -> Iterator[Ask | None]:
        """Yield what models are to be asked, and None where the next bytes are due."""
        while not self._ended:
            if self._came and not self._blind:
                event = self._came.popleft()
                self._held += len(event.raw)
                if self._notes(event) or self._held > MOST_HELD:
                    yield from self._judging()
                if not self._waits():
                    self._release(self._held)
            elif self._blind or self._closing:
                yield from self._judging()
                self._release(len(self._unread))
                if self._closing and not self._ended:
                    self._pass(self._guard.close())
                yield None
            else:
                yield None

    def _notes(self, event: Event) -> bool:
        """Take the texts of an event; say whether a window ends with it."""
        if event.data is None:
            return False
        if event.data.strip() == self._mark:
            return True
        try:
            frame = self._shape.read(parse(event.data).tree, event.name)
        except (UpstreamFault, BadInput):
            self._blind = True
            return False
        for slot in (*frame.slots, *(slot for slot in frame.repeats if slot.target not in self._texts)):
            self._grow(slot)
        self._whole += [segment for segment in frame.others if looks_at(segment)]
        ends = bool(frame.ended or frame.closed or frame.repeats or self._whole)
        return ends or any(text.is_due for text in self._texts.values())

    def _grow(self, slot: Slot) -> None:
        text = self._texts.get(slot.target)
        if text is None:
            if len(self._texts) >= MOST_TEXTS:
                return  # the guard behind refuses so many
            text = self._texts[slot.target] = _Text(slot)
        text.fresh += slot.text

    def _waits(self) -> bool:
        """Say whether texts are held that are not judged yet."""
        return any(text.fresh for text in self._texts.values())

    def _judging(self) -> Iterator[Ask]:
        """Ask about all that is held, and end the stream where that is to be stopped."""
        windows = [text.window() for text in self._texts.values() if text.fresh]
        segments, self._whole = [*windows, *self._whole], []
        if not segments:
            return
        self._inquiry = inquiry = self._watch.inquiry()
        inquiry.look(segments, ())
        before = len(self._watch.ledger.decided)
        while (ask := inquiry.ask()) is not None:
            yield ask
        self._inquiry = None
        found = self._watch.ledger.decided[before:]
        stops = self._watch.ledger.stopped or any(item.action is Action.BLOCK for item in found)
        if stops and not self._watch.passes:
            self._ended = True
            self._out.append(Step(self._end.halt()))

    def _release(self, size: int) -> None:
        """Let the guard behind take the first bytes that wait here."""
        self._held = 0
        if self._ended or self._watch.passes:
            return
        chunk = bytes(self._unread[:size])
        del self._unread[:size]
        if chunk:
            self._pass(self._guard.feed(chunk))

    def _pass(self, step: Step) -> None:
        self._out.append(step)
        self._ended = self._ended or step.ended
