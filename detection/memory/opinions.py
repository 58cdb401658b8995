"""What models said of texts: who sends a text again is not made to wait again."""

from typing import Any

from ..tiers import Opinion
from ..types import Segment, Tier
from .recent import Recent
from .texts import SHORTEST

LONG = 2048
"""Characters from which on the linear model takes longer than looking up what it said."""


class Opinions:
    """The opinions on the texts of one exchange.

    Args:
        table: opinions on earlier texts.
        key: hash object of who asks, see `Memory.key`.
    """

    __slots__ = ("_key", "_last", "_table")

    def __init__(self, table: Recent[Opinion], key: Any):
        self._table = table
        self._key = key
        self._last: tuple[Segment, Tier, str, bytes] | None = None

    def recall(self, segment: Segment, tier: Tier, model: str) -> Opinion | None:
        """Return what a tier's model said of a text before."""
        return self._table.get(self._digest(segment, tier, model)) if _worth(segment, tier) else None

    def keep(self, segment: Segment, tier: Tier, model: str, opinion: Opinion) -> None:
        """Remember an opinion; one that is unjudged is none."""
        if _worth(segment, tier) and not opinion.unjudged:
            self._table.put(self._digest(segment, tier, model), opinion)

    def _digest(self, segment: Segment, tier: Tier, model: str) -> bytes:
        last = self._last
        if last is not None and last[0] is segment and last[1:3] == (tier, model):
            return last[3]  # what is not remembered is judged and kept right away
        state = self._key.copy()
        about = (tier, model, segment.role, segment.kind, segment.direction)
        state.update("\0".join(map(str, about)).encode() + b"\0")
        state.update(segment.text.encode("utf-8", "surrogatepass"))
        digest: bytes = state.digest()
        self._last = segment, tier, model, digest
        return digest


def _worth(segment: Segment, tier: Tier) -> bool:
    return len(segment.text) >= (LONG if tier is Tier.LINEAR else SHORTEST)
