"""Exchanges in which nothing is looked for: what is left of one is what its format takes, and what drives it.

Everything is as in the core but the search: texts are collected, streams are cut, read and written, and each
text is released at once. `UNREAD` is a format that is not even read: bytes pass.
"""

from collections.abc import Mapping, Sequence

from ...detection.channels import Channels
from ...detection.core import Core, Exchange
from ...detection.dialects import DIALECTS, NOTHING_ADDRESSED, Addressed, Asked, Dialect
from ...detection.dialects.openai_chat import OpenAIChat
from ...detection.document import Document
from ...detection.inspection import StreamGuard
from ...detection.judge import Ledger, SegmentJudge
from ...detection.presets import preset
from ...detection.sift import Known, Sift
from ...detection.text_channel import TextChannel
from ...detection.text_scan import Look
from ...detection.types import Direction, Segment
from .scanning import PRINCIPAL

_BALANCED = preset("balanced")


class _Clear(Sift):
    """Clears every text at once."""

    def __init__(self) -> None:
        """There are no rules to ask."""

    def doubtful(self, segments: Sequence[Segment]) -> Mapping[int, Known]:
        """Return none."""
        return {}

    def clears(self, name: Segment) -> bool:
        """Clear every name."""
        return True

    def knows(self, name: str) -> bool:
        """Know every name."""
        return True

    def silences(self, texts: Sequence[str]) -> bool:
        """Find nothing."""
        return True


class _NoScan:
    """A growing text in which nothing is looked for: all that comes is decided at once."""

    tail = ""

    def __init__(self) -> None:
        self.start = 0

    def look(self, more: str, final: bool) -> Look:
        """Find nothing."""
        return Look(self.start + len(more), ())

    def commit(self, more: str, upto: int) -> None:
        """Note where the text ends."""
        self.start = upto

    def passing(self, more: str) -> int:
        """Let all of it go."""
        count = len(more)
        self.start += count
        return count


class _NoChannels(Channels):
    """Opens channels that find nothing."""

    def fresh(self) -> "_NoChannels":
        return self

    def _leaf(self, segment: Segment, before: str) -> TextChannel:
        self.skip()
        return TextChannel(_NoScan(), SegmentJudge(self._scope, self._ledger, segment))


class UnjudgedExchange(Exchange):
    """One exchange in which nothing is looked for."""

    __slots__ = ()

    def _channels(self, direction: Direction, ledger: Ledger, *, whole: bool) -> Channels:
        return _NoChannels(self._engine.rulesets[direction], self._shared(), ledger, whole=whole)

    def _judge_conversation(self, segments: Sequence[Segment], ledger: Ledger) -> None:
        """Find nothing over the seams of texts."""


class _Unread(OpenAIChat):
    """A format of which nothing is read: a body is its bytes, and holds no text."""

    _nothing = Asked("m")

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read nothing."""
        return Document(body, None, ()), self._nothing

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read nothing."""
        return Document(body, None, ()), {}


UNREAD: Dialect = _Unread()


class Unjudging:
    """Opens exchanges in which nothing is looked for."""

    def __init__(self) -> None:
        self._engine = Core(bytes(32), ())
        self._engine.sifts = dict.fromkeys(Direction, _Clear())
        self._engine.memory = None

    def whole(self, dialect: Dialect, body: bytes, answer: bytes) -> None:
        """Take a request and its whole answer."""
        exchange = UnjudgedExchange(self._engine, dialect, _BALANCED, PRINCIPAL)
        exchange.request(body)
        exchange.response(answer, "application/json")

    def stream(self, dialect: str, asks: bytes, addressed: Addressed) -> StreamGuard:
        """Take a request and begin its streamed answer."""
        exchange = UnjudgedExchange(self._engine, DIALECTS[dialect], _BALANCED, PRINCIPAL)
        exchange.request(asks, addressed)
        return exchange.stream()
