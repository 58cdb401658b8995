"""Opening the channel of a text: how it is scanned, what is restored in it, which JSON it is."""

import re

from .echo import EchoScan, Quotable, speaks
from .effort import CHANNEL, effort
from .errors import BadInput
from .json_channel import Channel, JsonChannel, OpenLeaf
from .judge import Ledger, Scope, SegmentJudge
from .lots import lot_of
from .name_context import context, context_of
from .restore import Restorer
from .ruleset import Ruleset
from .text_channel import Fed, Scan, TextChannel
from .text_scan import Look, TextScan
from .types import Direction, Edit, Kind, Segment
from .vault import Minted
from .whole_json import Spelled, WholeJson
from .whole_text import edits_of_whole, judged_whole

MOST_TEXTS = 50_000
"""Texts of one direction of an exchange; each costs some microseconds however short it is."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ADDRESSES = frozenset(
    """url uri urls href link src endpoint webhook callback host hostname domain image location
    redirect website site origin""".split()
)
_COMMANDS = frozenset(
    "command commands cmd script shell bash code exec args argv program query sql statement".split()
)


class Channels:
    """Opens channels for the texts of one direction of one exchange.

    Args:
        whole: texts come whole and leave whole; False for a stream.
        quotable: what an answer must not quote of its prompt.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        scope: Scope,
        ledger: Ledger,
        *,
        whole: bool,
        quotable: Quotable | None = None,
    ):
        self._whole = whole
        self._quotable = quotable
        self._opened = 0
        self._ruleset = ruleset
        self._scope = scope
        self._ledger = ledger

    def fresh(self) -> "Channels":
        """Return what opens the channels of whole texts that are gone before the next ones come."""
        return Channels(self._ruleset, self._scope, self._ledger, whole=True, quotable=self._quotable)

    def open(self, segment: Segment) -> Channel:
        """Open the channel of a text; JSON in a string is judged by the values it spells.

        Raises:
            BadInput: the exchange holds more than `MOST_TEXTS` texts.
        """
        if not segment.encoded:
            return self.open_text(segment)
        return JsonChannel(self._leaves_of(segment), segment.pointer)

    def feed_json(self, segment: Segment, known: Spelled) -> Fed:
        """Judge a whole JSON text by what is known of it. Raises `BadInput` like `open`."""
        return WholeJson(self._leaves_of(segment), known, segment.pointer).feed(segment.text)

    def open_text(self, segment: Segment) -> TextChannel:
        """Open the channel of a text that is no JSON. Raises `BadInput` like `open`."""
        return self._leaf(segment, context_of(segment))

    def edits(self, segment: Segment, look: Look) -> list[Edit] | None:
        """Judge a whole text that is no JSON, by what stands in it, and return its edits.

        None where something stops, or may: nothing was done then, and only its channel can say how it ends.

        Raises:
            BadInput: like `open`.
        """
        judge = SegmentJudge(self._scope, self._ledger, segment)
        judged = judged_whole(look, judge)
        if judged is None:
            return None
        self.skip()
        return edits_of_whole(segment, look, judged, judge, self._restorer(segment))

    def skip(self, texts: int = 1) -> None:
        """Count texts that need no channel. Raises `BadInput` like `open`."""
        self._opened += texts
        count_texts(self._opened)

    def _leaves_of(self, segment: Segment) -> OpenLeaf:
        """Return what opens the channels of the texts in a JSON text."""

        def open_leaf(pointer: str, name: str, editable: bool) -> TextChannel:
            inner = segment._replace(text="", pointer=pointer, name=name, editable=editable, encoded=False)
            return self._leaf(inner, context(name))

        return open_leaf

    def _leaf(self, segment: Segment, before: str) -> TextChannel:
        self.skip()
        effort.left -= CHANNEL
        ruleset = self._ruleset.of(lot_of(segment))
        most = self._scope.policy.most_matches(segment.direction, known=bool(self._scope.known))
        judge = SegmentJudge(self._scope, self._ledger, segment)
        scan: Scan = TextScan(ruleset, before, whole=self._whole, most=most, ends=judge.acts_on)
        if self._quotable is not None and speaks(segment):
            scan = EchoScan(scan, self._quotable)
        return TextChannel(scan, judge, self._restorer(segment), whole=self._whole)

    def _restorer(self, segment: Segment) -> Restorer | None:
        tokens = self._scope.vault.tokens()
        if not tokens or segment.direction is Direction.PROMPT or not segment.editable:
            return None
        arguments = segment.kind is Kind.ARGUMENTS
        if segment.kind is Kind.NAME or (arguments and _is_outward(segment.name)):
            return None

        def allowed(minted: Minted) -> bool:
            return minted.user and not (arguments and minted.secret)

        return Restorer(tokens, allowed)


def count_texts(texts: int) -> None:
    """Refuse so many texts in one direction of an exchange. Raises `BadInput` beyond `MOST_TEXTS`."""
    if texts > MOST_TEXTS:
        raise BadInput("The payload holds too many texts.", code="too_many_values")


def _is_outward(name: str) -> bool:
    """Say whether one of the words of a tool argument's name speaks of an address or a command."""
    words = _WORDS.findall(name)
    return any(word.lower() in _ADDRESSES or word.lower() in _COMMANDS for word in words)
