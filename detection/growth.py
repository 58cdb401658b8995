"""The growing texts of one streamed answer: which there are, which ended, and what each came to.

A text belongs to a choice and ends with it, or alone with a frame that closes it. Nothing may be
added to one that ended.
"""

from collections.abc import Iterable
from typing import Any

from .channels import Channels
from .dialects import Frame, Slot
from .errors import UpstreamFault
from .growing import Growing
from .judge import Ledger
from .pieces import apply
from .types import Direction, Segment

MOST_TEXTS = 10_000
"""Texts of one answer, and names: each is kept until the answer ends, and takes more than it took to send."""


class Growth:
    """Keeps the texts of one answer.

    Args:
        channels: opens the channel of a text.
        ledger: where texts and characters are counted.
        choices: how many answers were asked for.
        keeps: texts may be repeated whole, so they are kept.
    """

    def __init__(self, channels: Channels, ledger: Ledger, choices: int, *, keeps: bool):
        self._channels = channels
        self._ledger = ledger
        self._keeps = keeps
        self._texts: dict[str, Growing] = {}
        self._names: dict[str, str] = {}
        self._closed: set[str] = set()
        self._open = set(range(choices))
        self._finished: set[int] = set()
        self._ending: set[str] = set()

    def begin(self, frame: Frame) -> None:
        """Begin with a frame. Raises `UpstreamFault` for a name that comes in pieces, or too many."""
        self._open.update([slot.choice for slot in frame.slots])
        self._keeps = self._keeps or bool(frame.echoes)
        for target, text in frame.whole:
            if text and self._names.setdefault(target, text) != text:
                raise UpstreamFault("The upstream sent a name in pieces.", code="upstream_protocol")
        if len(self._names) > MOST_TEXTS:
            raise _too_many()

    def at(self, slot: Slot) -> Growing:
        """Return the text of a slot, which now stands there.

        Raises:
            UpstreamFault: the slot brings text though the text, or its choice, ended; there are too many.
        """
        if slot.text and (slot.choice in self._finished or slot.target in self._closed):
            raise UpstreamFault("The upstream went on after an answer's end.", code="upstream_protocol")
        growing = self._texts.get(slot.target)
        if growing is None:
            if len(self._texts) >= MOST_TEXTS:
                raise _too_many()
            growing = self._texts[slot.target] = self._new(slot)
        growing.slot = slot
        return growing

    def _new(self, slot: Slot) -> Growing:
        name = slot.name or self._names.get(f"{slot.target.rpartition('/')[0]}/name", "")
        self._ledger.segments += 1
        return Growing(slot, self._channels.open(_segment(slot, name)), keeps=self._keeps)

    def fed(self, growing: Growing, text: str, final: bool = False) -> tuple[str, bool]:
        """Give a text its next characters; return what may leave, and whether all must stop."""
        before = growing.decided
        fed = growing.feed(text, final)
        self._ledger.characters += growing.decided - before
        return fed

    def ends(self, slot: Slot) -> bool:
        """Say whether the text of a slot ended."""
        return slot.choice in self._finished or slot.target in self._closed

    def ending(self, frame: Frame) -> Iterable[Growing]:
        """Return the texts that end with a frame, each as its turn comes."""
        for target in (*frame.closed, *(slot.target for slot in frame.repeats if self._came(slot))):
            if target in self._texts:
                yield from self._end_one(self._texts[target])
        for choice in frame.ended:
            for growing in list(self._texts.values()):
                if growing.slot.choice == choice:
                    yield from self._end_one(growing)

    def _came(self, slot: Slot) -> bool:
        """Say whether a string repeats a text, rather than being the first that is told of it."""
        growing = self._texts.get(slot.target)
        return growing is not None and (growing.arrived > 0 or not slot.text)

    def _end_one(self, growing: Growing) -> Iterable[Growing]:
        """Return a text unless it ended."""
        if growing.slot.target not in self._ending and not self.ends(growing.slot):
            self._ending.add(growing.slot.target)
            yield growing

    def end(self, frame: Frame) -> None:
        """Note that a frame left: what ended with it takes no more text."""
        if frame.closed or frame.repeats:
            self._closed.update(frame.closed)
            self._closed.update([slot.target for slot in frame.repeats])
        self._finished.update(frame.ended)
        self._ending.clear()

    def repeated(self, slot: Slot) -> tuple[str, bool]:
        """Return what may leave of a string that repeats a text, and whether all must stop.

        One that repeats nothing that came is judged by itself.
        """
        growing = self._texts.get(slot.target)
        if growing is None:
            growing = self._texts[slot.target] = self._new(slot)
        if not growing.arrived and not self.ends(slot):
            return self.fed(growing, slot.text, final=True)
        released = growing.released_of(slot.text)
        return self._alone(slot) if released is None else (released, False)

    def echoed(self, slot: Slot) -> tuple[str, bool]:
        """Return what may leave of a string that repeats what came so far, and whether all must stop.

        One that repeats nothing that came is judged by itself.
        """
        growing = self._texts.get(slot.target)
        released = None if growing is None else growing.released_so_far(slot.text)
        return self._alone(slot) if released is None else (released, False)

    def _alone(self, slot: Slot) -> tuple[str, bool]:
        segment = _segment(slot, slot.name)._replace(text=slot.text)
        fed = self._channels.fresh().open(segment).feed(slot.text, final=True)
        return apply(slot.text, fed.pieces), fed.blocked

    def is_changed(self, target: str) -> bool:
        """Say whether a text that ended was changed, or nobody knows it."""
        growing = self._texts.get(target)
        return growing is None or growing.is_changed()

    def is_changed_below(self, beginning: str) -> bool:
        """Say whether a text was changed whose target begins so."""
        return any(
            target.startswith(beginning) and growing.is_changed() for target, growing in self._texts.items()
        )

    def tokens(self, slot: Slot) -> Any:
        """Return the token lists of the slot's text that may leave."""
        return self._texts[slot.target].tokens()

    def rest(self) -> Iterable[Growing]:
        """Return the texts that did not end, each as its turn comes."""
        for growing in list(self._texts.values()):
            if not self.ends(growing.slot):
                yield growing

    def end_all(self) -> None:
        """Note that nothing more comes."""
        self._finished |= self._open

    def choices(self) -> list[int]:
        """Return the choices that did not end; the first when all did."""
        return sorted(self._open - self._finished) or [0]

    def opened(self) -> list[Slot]:
        """Return where each text that did not end stood last."""
        return [growing.slot for growing in self._texts.values() if not self.ends(growing.slot)]


def _segment(slot: Slot, name: str) -> Segment:
    return Segment("", slot.target, slot.role, slot.kind, Direction.ANSWER, slot.editable, name, slot.encoded)


def _too_many() -> UpstreamFault:
    return UpstreamFault("The upstream sent too many texts.", code="upstream_protocol")
