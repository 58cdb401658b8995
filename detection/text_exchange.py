"""Implements the exchange of plain texts."""

import time
from collections.abc import Sequence

from .dialects import Slot
from .document import by_pointer, edited
from .exchange import AnyExchange
from .growing import Growing
from .judge import Ledger
from .text_stream import GrowingText
from .texts import ANSWER, Judged, Text, Texts, TextStream
from .types import Action, Direction, Kind, Segment, Verdict


class TextExchange(AnyExchange[Texts]):
    """Implements `TextInspection`."""

    __slots__ = ()

    def prompt(self, texts: Sequence[Text]) -> Judged:
        """Judge what goes to a model. Raises `BadInput`."""
        began = time.perf_counter()
        ledger = self._prompt_ledger
        replaced = self._replaced(texts, Direction.PROMPT, ledger)
        self._prompt = verdict = self._verdict(ledger, began)
        return _judged(verdict, replaced)

    def answer(self, texts: Sequence[Text]) -> Judged:
        """Judge what a model answered and restore placeholders. Raises `BadInput`."""
        began = time.perf_counter()
        ledger = self._begin_answer()
        replaced = self._replaced(texts, Direction.ANSWER, ledger)
        self._answer = verdict = self._verdict(ledger, began)
        return _judged(verdict, replaced)

    def stream(self, like: Text = ANSWER) -> TextStream:
        """Begin to judge an answer that comes in pieces."""
        ledger = self._begin_answer()
        segment = _segment("/0", like, Direction.ANSWER)._replace(text="")
        channel = self._channels(Direction.ANSWER, ledger, whole=False).open(segment)
        slot = Slot(0, segment.pointer, segment.pointer, "", like.kind, like.name, segment.encoded, like.role)
        return GrowingText(Growing(slot, channel), ledger, passes=self._only_records())

    def _replaced(self, texts: Sequence[Text], direction: Direction, ledger: Ledger) -> tuple[str, ...]:
        """Judge texts; return them after edits."""
        segments = [_segment(f"/{index}", text, direction) for index, text in enumerate(texts)]
        edits = self._judge(segments, direction, ledger)
        if not edits:
            return tuple([text[0] for text in texts])
        wanted = by_pointer(edits)
        return tuple([edited(segment.text, wanted.get(segment.pointer, [])) for segment in segments])


def _judged(verdict: Verdict, texts: tuple[str, ...]) -> Judged:
    return Judged(verdict, ("",) * len(texts) if verdict.action is Action.BLOCK else texts)


def _segment(pointer: str, text: Text, direction: Direction) -> Segment:
    encoded = text.kind is Kind.ARGUMENTS and not text.name
    return Segment(text.text, pointer, text.role, text.kind, direction, name=text.name, encoded=encoded)
