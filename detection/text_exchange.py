"""Implements the exchange of plain texts."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from .dialects import Slot
from .document import by_pointer, edited
from .exchange import AnyExchange, Engine
from .growing import Growing
from .judge import Ledger
from .policy import Policy
from .text_stream import GrowingText
from .texts import ANSWER, Judged, Text, Texts, TextStream
from .tiers import Ask, Opinion
from .types import Action, Direction, Kind, Principal, Segment


class TextExchange(AnyExchange[Texts]):
    """Implements `TextInspection`."""

    __slots__ = ("_waiting", "asks")

    def __init__(self, engine: Engine, dialect: Texts, policy: Policy, principal: Principal):
        super().__init__(engine, dialect, policy, principal)
        self._waiting: _Waiting | None = None
        self.asks: Ask | None = None

    def prompt(self, texts: Sequence[Text]) -> Judged:
        """Judge what goes to a model. Raises `BadInput`."""
        began = time.perf_counter()
        ledger = self._prompt_ledger
        replaced = self._replaced(texts, Direction.PROMPT, ledger)
        return self._decide(_Waiting(Direction.PROMPT, ledger, replaced), began)

    def answer(self, texts: Sequence[Text]) -> Judged:
        """Judge what a model answered and restore placeholders. Raises `BadInput`."""
        began = time.perf_counter()
        ledger = self._begin_answer()
        replaced = self._replaced(texts, Direction.ANSWER, ledger)
        return self._decide(_Waiting(Direction.ANSWER, ledger, replaced), began)

    def settle(self, opinions: Sequence[Opinion]) -> Judged:
        """Go on with what the last call asked. Raises `ValueError`."""
        began = time.perf_counter()
        waiting = self._waiting
        if waiting is None:
            raise ValueError("nothing was asked")
        self._answered(opinions)
        return self._decide(waiting, began - waiting.ledger.seconds)

    def stream(self, like: Text = ANSWER) -> TextStream:
        """Begin to judge an answer that comes in pieces."""
        ledger = self._begin_stream()
        segment = _segment("/0", like, Direction.ANSWER)._replace(text="")
        channel = self._channels(Direction.ANSWER, ledger, whole=False).open(segment)
        slot = Slot(0, segment.pointer, segment.pointer, "", like.kind, like.name, segment.encoded, like.role)
        return GrowingText(Growing(slot, channel), ledger, passes=self._only_records())

    def _decide(self, waiting: "_Waiting", began: float) -> Judged:
        """Decide what becomes of texts, unless a model is to be asked first."""
        ledger = waiting.ledger
        self.asks = ask = self._next_ask(ledger)
        self._waiting = waiting if ask else None
        verdict = self._open_verdict(ledger, began) if ask else self._verdict(ledger, began)
        if waiting.direction is Direction.PROMPT:
            self._prompt = verdict
        else:
            self._answer = verdict
        stays = ask is not None or verdict.action is Action.BLOCK
        return Judged(verdict, ("",) * len(waiting.texts) if stays else waiting.texts)

    def _replaced(self, texts: Sequence[Text], direction: Direction, ledger: Ledger) -> tuple[str, ...]:
        """Judge texts; return them after edits."""
        segments = [_segment(f"/{index}", text, direction) for index, text in enumerate(texts)]
        edits = self._judge(segments, direction, ledger)
        if not edits:
            return tuple([text[0] for text in texts])
        wanted = by_pointer(edits)
        return tuple([edited(segment.text, wanted.get(segment.pointer, [])) for segment in segments])


class _Waiting(NamedTuple):
    """Texts that are judged, but for what models are asked about them."""

    direction: Direction
    ledger: Ledger
    texts: tuple[str, ...]


def _segment(pointer: str, text: Text, direction: Direction) -> Segment:
    encoded = text.kind is Kind.ARGUMENTS and not text.name
    return Segment(text.text, pointer, text.role, text.kind, direction, name=text.name, encoded=encoded)
